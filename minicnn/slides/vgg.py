"""Claims about VGG: its table, and the lines of configuration D."""

from functools import partial
from math import prod

from minicnn.slides.claim import AGREES, DIFFERS, ROUNDS, Claim, Fact, Topic
from minicnn.slides.measure import layers, network, parameters, table, values, weights

FCS = ("fc6", "fc7", "fc8")
NAMES = ("vgg11", "vgg_a_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19")     # A, A-LRN, B, C, D, E

#   row        memphis stanford  memory   weights
LINES = (
    ("conv1_1", 253, 829, "3.2M", "1,728"),
    ("conv1_2", 254, 830, "3.2M", "36,864"),
    ("pool1",   255, 831, "800K", "0"),
    ("conv2_1", 256, 832, "1.6M", "73,728"),
    ("conv2_2", 257, 834, "1.6M", "147,456"),
    ("pool2",   258, 835, "400K", "0"),
    ("conv3_1", 259, 836, "800K", "294,912"),
    ("conv3_2", 260, 837, "800K", "589,824"),
    ("conv3_3", 261, 838, "800K", "589,824"),
    ("pool3",   262, 839, "200K", "0"),
    ("conv4_1", 263, 840, "400K", "1,179,648"),
    ("conv4_2", 264, 841, "400K", "2,359,296"),
    ("conv4_3", 265, 842, "400K", "2,359,296"),
    ("pool4",   266, 843, "100K", "0"),
    ("conv5_1", 267, 844, "100K", "2,359,296"),
    ("conv5_2", 268, 845, "100K", "2,359,296"),
    ("conv5_3", 269, 846, "100K", "2,359,296"),
    ("pool5",   270, 847, "25K",  "0"),
    ("fc6",     271, 848, "4096", "102,760,448"),
    ("fc7",     272, 849, "4096", "16,777,216"),
    ("fc8",     273, 850, "1000", "4,096,000"),
)


def image() -> int:
    return prod(network("vgg16").input_shape)


def stored() -> int:
    """Values of the image and of every row's output, as the slide adds them."""
    return image() + sum(values("vgg16", line.row) for line in table("vgg16").rows)


def with_relus() -> int:
    """The same if each ReLU keeps an output of its own."""
    return stored() + sum(line.memory // 4 for line in table("vgg16").lines if line.layer == "ReLU")


def share_of_values(*blocks: str) -> float:
    """What the outputs of the convolutions of some blocks take: conv1_1 is of block conv1."""
    return sum(values("vgg16", line.row) for line in table("vgg16").rows
               if line.row[:-2] in blocks) / stored()


def share_of_weights(*labels: str) -> float:
    return weights("vgg16", *labels) / weights("vgg16")


def kernels(name: str) -> set[str]:
    return {line.kernel for line in table(name).rows} - {""}


def line_claims() -> list[Claim]:
    claims = []
    for label, memphis, stanford, memory, count in LINES:
        places = f"memphis:{memphis}, stanford:{stanford}"
        claims.append(Claim(places, f"{label}: values of its output", memory,
                            partial(values, "vgg16", label), AGREES if label.startswith("fc")
                            else ROUNDS))
        claims.append(Claim(places, f"{label}: weights", count,
                            partial(weights, "vgg16", label), AGREES))
    return claims


VGG = Topic("VGG", 'memphis "VGGNet: ILSVRC 2014 2nd place"; iitk "Architectures Tested", "Number '
            'of Parameters"; stanford "VGGNet"', (
    Claim("memphis:240, iitk:169", "millions of parameters: A, A-LRN, B, C, D, E",
          tuple(f"{millions} million" for millions in (133, 133, 133, 134, 138, 144)),
          lambda: tuple(map(parameters, NAMES)), ROUNDS),
    Claim("iitk:170, memphis:220", "layers with weights: A, A-LRN, B, C, D, E",
          ("11", "11", "13", "16", "16", "19"), lambda: tuple(map(layers, NAMES)), AGREES),
    Claim("memphis:624", "layers of the network that came second", "16", lambda: layers("vgg16"),
          AGREES),
    Claim("memphis:252, stanford:828", "values of the image", "150K", image, ROUNDS),
    *line_claims(),
    Claim("memphis:319, stanford:885", "values of the image and of all lines' outputs", "24M",
          stored, DIFFERS, lambda: "so many are the lines' own products; an output more for each "
          f"ReLU would make {with_relus():,}"),
    Claim("memphis:319", "bytes of the image and of the outputs", "93MB",
          lambda: 4 * stored(), DIFFERS, "24M of 4 bytes would be 96.0 MB or 91.6 MiB, not 93"),
    Claim("stanford:885", "bytes of the image and of the outputs", "96MB",
          lambda: 4 * stored(), DIFFERS, "follows from the 24M, and goes with it"),
    Claim("memphis:321, stanford:886", "parameters", "138M", lambda: parameters("vgg16"), ROUNDS),
    Claim("memphis:350, stanford:903", "most memory is in the early convolutions", "",
          lambda: Fact(share_of_values("conv1", "conv2") > 0.5,
                       f"{100 * share_of_values('conv1', 'conv2'):.1f} % in the first four, "
                       f"{100 * share_of_values('conv1'):.1f} % in the first two"), AGREES),
    Claim("memphis:351, stanford:916", "most parameters are in the late fully connected layers",
          "", lambda: Fact(share_of_weights(*FCS) > 0.5,
                           f"{100 * share_of_weights(*FCS):.1f} % of the weights"), AGREES),
    Claim("unicamp:291, stanford:745", "only 3x3 convolutions and 2x2 poolings", "",
          lambda: Fact(kernels("vgg16") == {"3x3", "2x2"}, ", ".join(sorted(kernels("vgg16")))),
          AGREES, "VGG-16 is D; configuration C has convolutions of 1x1, too"),
))
