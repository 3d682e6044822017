"""Errors that networks made: no program here can measure them again, so they are cited.

Each stands here with its source, and with what the source says where that is something else.
"""

from minicnn.slides.claim import DIFFERS, Topic, cited

KRIZHEVSKY = "Krizhevsky et al. 2012"
ILSVRC = "results of ILSVRC, image-net.org"
RESNET = "He et al. 2016, Deep residual learning"
VGG = "Simonyan and Zisserman 2015"
TABLES = "memphis: Summary: ILSVRC 2012-2015; iitk: Performances"
SCALES = "iitk: Evaluations"
TRANSFER = "iitk: Generalization"

RESULTS = Topic("Results, cited", (
    cited("virginia: ImageNet Challenge", "guesses of which one must be right: top", "5",
          "Russakovsky et al. 2015", says=5),
    cited("virginia: AlexNet", "AlexNet, top-5 error of the challenge of 2012", "17%",
          f"{KRIZHEVSKY}, section 6, seven networks on the test pictures; 17.0 % are those of "
          "ILSVRC-2010, and one network had 18.2 % of 2012", says=15.3, verdict=DIFFERS),
    cited("unicamp: AlexNet, Details (1st); stanford: Full (simplified) AlexNet architecture "
          "(2nd)", "7 AlexNets together, top-5 error", ("18.2%", "15.4%"),
          f"{KRIZHEVSKY}, table 2, validation: two of the seven had also seen the ImageNet of "
          "2011; five without it reach 16.4 %", says=(18.2, 15.4)),
    cited(TABLES, "SuperVision 2012: without and with ImageNet 22k", ("16.4%", "15.3%"), ILSVRC,
          says=(16.4, 15.3)),
    cited(TABLES, "Clarifai 2013: without and with ImageNet 22k", ("11.7%", "11.2%"), ILSVRC,
          says=(11.7, 11.2)),
    cited("memphis: Summary: ILSVRC 2012-2015", "places of SuperVision and Clarifai without other "
          "data", ("-", "-"), "Szegedy et al. 2015, table 2, as iitk has it",
          says=("1st", "1st"), verdict=DIFFERS),
    cited(TABLES, "places of VGG and GoogLeNet", ("2nd", "1st"), ILSVRC, says=("2nd", "1st")),
    cited("stanford: VGGNet, Details", "places of VGG 2014: classification, localization",
          ("2nd", "1st"), ILSVRC, says=("2nd", "1st")),
    cited("memphis: Clarifai/ZFNet: ILSVRC 2013 winner (2nd)", "ZFNet reduces the error by", "2%",
          "points between the challenge's winners, 16.4 and 11.7; Zeiler and Fergus 2014, table 2, "
          "have 1.7 between single networks, which would round to the 2", says=4.7,
          verdict=DIFFERS),
    cited("stanford: ZFNet; stanford: Small filters, Deeper networks; unicamp: VGGNet; "
          "unicamp: GoogLeNet", "ZFNet, top-5 error", "11.7%",
          f"Zeiler and Fergus 2014, table 2, six networks; 11.7 % are Clarifai's ({ILSVRC}), whose "
          "network was a later one", says=14.8, verdict=DIFFERS),
    cited("stanford: ZFNet", "top-5 error before ZFNet", "16.4%", ILSVRC, says=16.4),
    cited("memphis: Advantages on NiN", "AlexNet and NiN, top-1 error", ("40.7%", "39.2%"),
          f"{KRIZHEVSKY}, table 2, one network; NiN's has no source on the slide"),
    cited("iitk: Performances", "MSRA 2014: place, top-5 error", ("3rd", "7.35%"), ILSVRC,
          says=("3rd", 7.35)),
    cited("unicamp: VGGNet; stanford: Small filters, Deeper networks; unicamp: GoogLeNet",
          "VGG 2014, top-5 error", "7.3%", ILSVRC, says=7.32),
    cited(f"{TABLES}; iitk: Comparisons - Ensemble", "VGG 2014, top-5 error", "7.32%", ILSVRC,
          says=7.32),
    cited("iitk: Comparisons - Ensemble", "VGG, fifth version of the paper, top-5 error", "6.8",
          VGG, says=6.8),
    cited(SCALES, "VGG A, A-LRN, B, C, C, C: pictures trained and tested on, pixels",
          ("256", "256", "256", "256", "384", "[256;512], 384"), f"{VGG}, table 3"),
    cited(SCALES, "VGG A, A-LRN, B, C, C, C: top-1 error",
          ("29.6", "29.7", "28.7", "28.1", "28.1", "27.3"), f"{VGG}, table 3"),
    cited(SCALES, "VGG A, A-LRN, B, C, C, C: top-5 error",
          ("10.4", "10.5", "9.9", "9.4", "9.3", "8.8"), f"{VGG}, table 3"),
    cited(SCALES, "VGG D, D, D, E, E, E: top-1 error",
          ("27.0", "26.8", "25.6", "27.3", "26.9", "25.5"), f"{VGG}, table 3"),
    cited(SCALES, "VGG D, D, D, E, E, E: top-5 error",
          ("8.8", "8.7", "8.1", "9.0", "8.7", "8.0"), f"{VGG}, table 3"),
    cited(TRANSFER, "VOC-2007, mean AP: Chatfield et al., He et al., Wei et al.",
          ("82.4", "82.4", "81.5 (85.2)"), f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "VOC-2007, mean AP: VGG D (16 layers), E (19 layers), both",
          ("89.3", "89.3", "89.7"), f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "VOC-2012, mean AP: Zeiler and Fergus, Chatfield et al., Wei et al.",
          ("79.0", "83.2", "81.7 (90.3)"), f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "VOC-2012, mean AP: VGG D, E, both", ("89.0", "89.0", "89.3"),
          f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "Caltech-101, mean recall of the classes: Zeiler and Fergus, Chatfield et al., "
          "He et al.", ("86.5 ± 0.5", "88.4 ± 0.6", "93.4 ± 0.5"),
          f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "Caltech-101, mean recall of the classes: VGG D, E, both",
          ("91.8 ± 1.0", "92.3 ± 0.5", "92.7 ± 0.5"), f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "Caltech-256, mean recall of the classes: Zeiler and Fergus, Chatfield et al.",
          ("74.2 ± 0.3", "77.6 ± 0.1"), f"{VGG}, appendix B, table 11"),
    cited(TRANSFER, "Caltech-256, mean recall of the classes: VGG D, E, both",
          ("85.0 ± 0.2", "85.1 ± 0.3", "86.2 ± 0.3"), f"{VGG}, appendix B, table 11"),
    cited("virginia: GoogLeNet", "GoogLeNet, top-5 error", "below 7%", f"{ILSVRC}: 6.67 %"),
    cited("unicamp: GoogLeNet; stanford: Deeper networks, with computational efficiency (1st)",
          "GoogLeNet 2014, top-5 error", "6.7%", ILSVRC, says=6.67),
    cited(TABLES, "GoogLeNet 2014, top-5 error", "6.67%", ILSVRC, says=6.67),
    cited("iitk: Comparisons - Ensemble", "GoogLeNet 2014, top-5 error", "6.66",
          f"{RESNET}, table 5; {ILSVRC} have 6.67 %", says=6.66),
    cited("virginia: ResNet (1st); stanford: Experimental Results (2nd)",
          "ResNet 2015, top-5 error", "3.6%", f"{RESNET}, table 5", says=3.57),
    cited("stanford: Very deep networks using residual connections; "
          "memphis: Summary: ILSVRC 2012-2015; iitk: Comparisons - Ensemble",
          "ResNet 2015, top-5 error", "3.57%", f"{RESNET}, table 5", says=3.57),
    cited("memphis: Summary: ILSVRC 2012-2015", "a human's top-5 error", "5.1%",
          "Russakovsky et al. 2015, one trained person", says=5.1),
    cited("iitk: Training and Validation", "plain, 18 and 34 layers: top-1 error, 10 crops",
          ("27.94", "28.54"), f"{RESNET}, table 2", says=(27.94, 28.54)),
    cited("iitk: Training and Validation", "ResNet, 18 and 34 layers: top-1 error, 10 crops",
          ("27.88", "25.03"), f"{RESNET}, table 2", says=(27.88, 25.03)),
    cited("iitk: Comparisons", "VGG-16, GoogLeNet, PReLU-net, plain-34: top-1 error, 10 crops",
          ("28.07", "-", "24.27", "28.54"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons", "VGG-16, GoogLeNet, PReLU-net, plain-34: top-5 error, 10 crops",
          ("9.33", "9.15", "7.38", "10.02"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons", "ResNet-34 A, B, C: top-1 error, 10 crops",
          ("25.03", "24.52", "24.19"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons", "ResNet-34 A, B, C: top-5 error, 10 crops",
          ("7.76", "7.46", "7.40"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons", "ResNet-50, 101, 152: top-1 error, 10 crops",
          ("22.85", "21.75", "21.43"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons", "ResNet-50, 101, 152: top-5 error, 10 crops",
          ("6.71", "6.05", "5.71"), f"{RESNET}, table 3"),
    cited("iitk: Comparisons - Ensemble", "PReLU-net and BN-inception, top-5 error",
          ("4.94", "4.82"), f"{RESNET}, table 5", says=(4.94, 4.82)),
    cited("stanford: Experimental Results (1st)", "MSRA 2015 was first in so many tracks", "five",
          "He et al. 2015, talk on the challenges: ImageNet classification, detection, "
          "localization, COCO detection, segmentation"),
    cited("stanford: Experimental Results (1st)", "better than the second: ImageNet detection and "
          "localization, COCO detection and segmentation", ("16%", "27%", "11%", "12%"),
          "He et al. 2015, talk on the challenges: in proportion, not in points"),
    cited("stanford: Good Practices for Deep Feature Fusion", "errors of Inception-v3, "
          "Inception-v4, Inception-ResNet-v2, (lost in the text), WRN-68-3",
          ("4.20", "4.01", "3.52", "4.26", "4.65"), "Shao et al. 2016; the lost one is ResNet-200"),
    cited("stanford: Good Practices for Deep Feature Fusion", "errors of the fusion, validation "
          "and test", ("2.92", "2.99"), "Shao et al. 2016"),
    cited("stanford: Good Practices for Deep Feature Fusion", "points that the fusion is better "
          "than the best of the five", "0.6", "3.52 - 2.92, from the slide itself",
          says=3.52 - 2.92),
    cited("virginia: Summary", "winner of the ImageNet of 2016, top-5 error", "GBD-Net, < 3%",
          f"{ILSVRC}; GBD-Net won the detection, as stanford's \"Good Practices for Deep Feature "
          'Fusion" has it', says="Trimps-Soushen, 2.99%", verdict=DIFFERS),
))
