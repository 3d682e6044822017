"""What else no program can compute: years, data sets, machines, words of the authors.

Each stands here with its source, and with what the source says where that is something else.
"""

from minicnn.slides.claim import DIFFERS, Fact, Topic, cited
from minicnn.slides.results import ILSVRC, KRIZHEVSKY

CITED = Topic("Other citations", (
    cited("unicamp: CNN-based Architectures (1st); memphis: CNN models (1st); "
          "memphis: CNN models (2nd)",
          "years: LeNet, AlexNet, ZFNet, VGGNet, GoogLeNet, ResNet",
          ("1998", "2012", "2013", "2014", "2014", "2015"), "of the papers' first versions"),
    cited("virginia: Winners of the ImageNet Challenges; memphis: ResNet: ILSVRC 2015 winner",
          "years of the winners: AlexNet, GoogLeNet, ResNet", ("2012", "2014", "2015"), ILSVRC,
          says=("2012", "2014", "2015")),
    cited("memphis: CNN models (1st)", "winner of the ILSVRC of 2013", "ZFNet",
          f"{ILSVRC}; it is Zeiler's company, with a later network than the paper's",
          says="Clarifai", verdict=DIFFERS),
    cited("memphis: CNN models (2nd)", "years: Inception-ResNet, DenseNet, FractalNet, Res2Net",
          ("2016", "2016", "2016", "2019"), "of the papers' first versions"),
    cited("virginia: GoogLeNet Configuration", "year of Xception", "2017",
          "Chollet 2017; its first version is of 2016, as virginia's \"Xception\" has it"),
    cited("virginia: Xception", "year of Xception", "2016", "first version; printed in 2017"),
    cited("stanford: Squeeze-and-Excitation Networks (SENet)", "the winner of the ILSVRC of 2017 "
          "is built on", "ResNeXt-152",
          "Hu et al. 2020, section 5.4: SENet-154, a changed ResNeXt"),
    cited("virginia: ImageNet Challenge", "images of ImageNet, which has over 1000 classes",
          "14.2 million", "image-net.org: 14,197,122 images, but of 21,841 kinds; the challenge, "
          "with its 1000 classes, has 1.28 million for training", says=14_197_122),
    cited("virginia: ImageNet Challenge", "dog breeds among the classes", "120",
          "Russakovsky et al. 2015", says=120),
    cited("memphis: LeNet-5", "training pictures of MNIST", "60K", "LeCun et al. 1998, section "
          "III.A", says=60_000),
    cited("memphis: How it's implemented for ImageNet", "classes of the two groups A and B",
          ("500", "500"), "Yosinski et al. 2014, section 2", says=(500, 500)),
    cited("stanford: Takeaway for your projects and beyond", "pictures below which to start from a "
          "trained network", "~1M", "a rule of thumb; no source on the slide"),
    cited("stanford: Transfer learning with CNNs is pervasive (4th)", "times as long, from "
          "scratch", "2-3x", "He et al. 2019, Rethinking ImageNet pre-training"),
    cited("memphis: AlexNet: ILSVRC 2012 winner (1st)", "AlexNet: speed of a GPU against a CPU",
          "50x", "no source on the slide"),
    cited("memphis: AlexNet: ILSVRC 2012 winner (1st)", "AlexNet: training, on two GPUs", "a week",
          f"{KRIZHEVSKY}, section 5: five to six days"),
    cited("unicamp: AlexNet, Details (1st)", "AlexNet: days of training", "5-6",
          f"{KRIZHEVSKY}, section 5", says="5-6"),
    cited("unicamp: AlexNet, Details (1st); stanford: Full (simplified) AlexNet architecture (3rd)",
          "AlexNet: GPUs, and the memory of each", ("2 GTX 580", "3GB"),
          f"{KRIZHEVSKY}, section 3.2", says=("2 GTX 580", 3_000_000_000)),
    cited("memphis: Advantages on NiN", "AlexNet and NiN: days of training", ("8", "4"),
          "no source on the slide"),
    cited("virginia: ResNet (1st)", "ResNet: weeks of training, and GPUs", ("2-3", "8"),
          "no source on the slide"),
    cited("virginia: AlexNet Architecture; unicamp: AlexNet, Details (1st); "
          "stanford: Full (simplified) AlexNet architecture (2nd)",
          "AlexNet: the first use of ReLU", "", "Jarrett et al. 2009 and Nair and Hinton "
          "2010 had it before; AlexNet was the first on this scale", verdict=DIFFERS,
          says=Fact(False, "others")),
    cited("iitk: Performances", "GoogLeNets whose answers were averaged", "7",
          "Szegedy et al. 2015, section 7", says=7),
    cited("stanford: Comparing complexity (2nd)", "parameters of the largest bubble of the legend",
          "155M", "Canziani et al. 2017; the size of a bubble, not of a network"),
    cited("stanford: Comparing complexity (2nd)", "labels of the axes, as far as the text has them",
          ("40, 50, 55, 60", "10, 15, 20, 25, 30, 35"),
          "Canziani et al. 2017: percent of right answers, and G-Ops"),
))
