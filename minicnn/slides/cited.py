"""What no program can compute: competition errors, years, choices of the authors.

Each stands here with its source, and with what the source says where that is something else.
"""

from minicnn.slides.claim import Topic, cited

KRIZHEVSKY = "Krizhevsky et al. 2012"
ILSVRC = "results of ILSVRC, image-net.org"
RESNET = "He et al. 2016, Deep residual learning"
VGG = "Simonyan and Zisserman 2015"

CITED = Topic("Citations", "results, years and choices of the authors, all decks", (
    cited("virginia:116", "images and classes of ImageNet", "14.2 million, over 1000",
          "two collections: all of ImageNet has 14,197,122 images of 21,841 kinds, the challenge "
          "1.28 million for training and 1000 classes; image-net.org"),
    cited("virginia:136", "AlexNet, top-5 error of the challenge of 2012", "17%",
          f"{KRIZHEVSKY}: 17.0 % are those of ILSVRC-2010; of 2012, 18.2 % (one network, "
          "validation), 15.3 % (seven, test)"),
    cited("unicamp:174, stanford:596", "seven AlexNets together", "18.2% -> 15.4%",
          f"{KRIZHEVSKY}: two of the seven had also seen the ImageNet of 2011; five without it "
          "reach 16.4 %"),
    cited("memphis:142, memphis:143, unicamp:175", "AlexNet: speed on a GPU, training time",
          "50x, a week; 5-6 days", f"{KRIZHEVSKY}: five to six days on two GTX 580; the 50x has no "
          "source on the slide"),
    cited("virginia:166, unicamp:169, stanford:588", "AlexNet: first use of ReLU", "",
          "the first on this scale; Jarrett et al. 2009 and Nair and Hinton 2010 came before"),
    cited("memphis:620, memphis:621, iitk:276, iitk:277", "SuperVision 2012: without and with "
          "other data", "16.4%, 15.3%",
          f"{ILSVRC}; memphis gives the first of the two no place, iitk the first place"),
    cited("memphis:622, memphis:623, iitk:278, iitk:279", "Clarifai 2013: without and with "
          "other data", "11.7%, 11.2%", ILSVRC),
    cited("memphis:204", "ZFNet reduces the error by", "2%",
          "stanford's 16.4 to 11.7 (stanford:730) is 4.7 points, between the winning entries"),
    cited("stanford:730", "top-5 error, AlexNet to ZFNet", "16.4% -> 11.7%", ILSVRC),
    cited("iitk:280", "MSRA 2014", "7.35%", ILSVRC),
    cited("unicamp:293, stanford:747, memphis:624, iitk:281, iitk:405", "VGG 2014, top-5 error",
          "7.3%, 7.32%", f"{ILSVRC}: 7.32 %"),
    cited("iitk:407", "VGG, fifth version of the paper", "6.8", VGG),
    cited("iitk:180", "VGG, errors at one scale (a table)", "29.6 to 25.5", f"{VGG}, table 3"),
    cited("iitk:201", "features on VOC and Caltech (a table)", "", f"{VGG}, appendix B"),
    cited("virginia:177", "GoogLeNet, top-5 error", "below 7%", f"{ILSVRC}: 6.67 %"),
    cited("unicamp:318, stanford:962, memphis:625, iitk:282, iitk:406", "GoogLeNet 2014, top-5 "
          "error", "6.7%, 6.67%, 6.66", f"{ILSVRC}: 6.67 %; {RESNET}, table 5, has 6.66"),
    cited("virginia:299, stanford:1253, memphis:626, iitk:410", "ResNet 2015, top-5 error",
          "3.57%, 3.6%", RESNET),
    cited("stanford:1464, memphis:627", "a human's top-5 error", "5.1%",
          "Russakovsky et al. 2015, one trained person"),
    cited("iitk:376, iitk:377", "plain and residual, 18 and 34 layers, top-1 error",
          "27.94, 27.88; 28.54, 25.03", f"{RESNET}, table 2; iitk:389 and 390 repeat two of them"),
    cited("iitk:386", "comparison of ten networks", "28.07 to 21.43",
          f"{RESNET}, table 3: VGG-16, GoogLeNet, PReLU-net, plain-34, ResNet-34 A, B, C, "
          "ResNet-50, 101, 152"),
    cited("iitk:408, iitk:409", "PReLU-net and BN-inception, top-5 error", "4.94, 4.82",
          f"{RESNET}, table 5"),
    cited("stanford:1425", "ResNet: weight decay", "1e-5", f"{RESNET}, section 3.4: 1e-4"),
    cited("virginia:300", "ResNet: weeks of training", "2-3", "no source on the slide"),
    cited("memphis:382, memphis:383", "AlexNet and NiN, top-1 error, days of training",
          "40.7%, 8; 39.2%, 4", "no source on the slide"),
    cited("stanford:1564", "errors of five networks and of their fusion", "4.20 to 2.92, 2.99",
          "Shao et al. 2016; 3.52 - 2.92 = 0.60, the slide's -0.6"),
    cited("virginia:357", "GBD-Net won the ImageNet of 2016, top-5 error", "< 3%",
          f"{ILSVRC}: GBD-Net won detection; 2.99 % in classification are Trimps-Soushen's, as "
          "stanford:1561 says"),
    cited("stanford:1482", "parameters of the largest bubble of the legend", "155M",
          "Canziani et al. 2017; the size of a bubble, not of a network"),
))
