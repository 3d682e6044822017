"""The networks that tests/models/test_every_network.py trains: the small ones, by name, and those
that options make of them; and what else the pages of their families count.
"""

import pytest

from minicnn.models import alexnet, build, mobilenet, res2net, shufflenet
from minicnn.models.resnet_cifar import ORDERS_HERE

NAMES = """
lenet5 lenet5_rbf alexnet alexnet_bn alexnet_small zfnet zfnet_small vgg11 vgg_a_lrn vgg13 vgg16_c
vgg16 vgg19 vgg_small vgg11_bn vgg13_bn vgg16_bn vgg19_bn nin nin_bn nin_cifar10 nin_small googlenet
googlenet_small inception_naive_example inception_reduced_example inception_v2 inception_small
inception_v3 inception_v3_small inception_v4 inception_v4_small inception_resnet_v2
inception_resnet_v2_small xception xception_small resnet18 resnet34 resnet50 resnet101 resnet152
plain18 plain34 resnet20 resnet32 resnet44 resnet56 resnet110 resnet1202 plain20 plain32 plain44
plain56 preact_resnet18 preact_resnet34 preact_resnet50 preact_resnet101 preact_resnet152
preact_resnet200 preact_resnet20 preact_resnet56 preact_resnet110 preact_resnet164 preact_resnet1001
wide_resnet50_2 wide_resnet101_2 wrn_10_2 wrn_16_8 wrn_16_10 wrn_22_8 wrn_22_10 wrn_28_10 wrn_28_12
wrn_40_1 wrn_40_2 wrn_40_4 wrn_40_8 resnext50_32x4d resnext101_32x4d resnext101_32x8d
resnext101_64x4d resnext29_8x64d resnext29_16x64d resnext29_small se_resnet18 se_resnet34
se_resnet50 se_resnet101 se_resnet152 se_resnet20 se_resnet110 se_resnext50_32x4d
se_resnext101_32x4d senet154 densenet121 densenet169 densenet201 densenet264 densenet161
densenet40_k12 densenet100_k12 densenet100_k24 densenet_bc100_k12 densenet_bc250_k24
densenet_bc190_k40 densenet_small fractalnet20 fractalnet40 fractalnet_small mobilenet_v1
mobilenet_v1_125 mobilenet_v2 mobilenet_v1_small mobilenet_v2_small shufflenet_v1 shufflenet_v2
shufflenet_v1_small shufflenet_v2_small efficientnet_b0 efficientnet_b1 efficientnet_b2
efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6 efficientnet_b7 efficientnet_lite0
efficientnet_small nasnet_a_mobile nasnet_a_large nasnet_a_cifar nasnet_small
amoebanet_a_mobile amoebanet_a amoebanet_a_large amoebanet_a_cifar amoebanet_small
res2net50 res2net101 res2net_small polynet polynet_small capsnet capsnet_small irrcnn
irrcnn_small dcrn dcrn_small convnext_tiny convnext_small convnext_base convnext_large
convnext_xlarge convnext_mini vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14 vit_small
"""

# The small ones and their parameters.
SMALL = {
    "lenet5": 61_706, "alexnet_small": 368_842, "zfnet_small": 463_562, "vgg_small": 567_082,
    "nin_small": 246_186, "googlenet_small": 160_146, "inception_small": 229_618,
    "inception_v3_small": 344_646, "inception_v4_small": 304_026,
    "inception_resnet_v2_small": 278_482, "xception_small": 321_034, "resnet20": 269_722,
    "plain20": 269_722, "preact_resnet20": 269_722, "wrn_10_2": 303_706,
    "resnext29_small": 359_898, "se_resnet20": 272_095, "densenet_small": 176_122,
    "fractalnet_small": 531_626, "mobilenet_v1_small": 141_994, "mobilenet_v2_small": 217_162,
    "shufflenet_v1_small": 110_794, "shufflenet_v2_small": 287_962, "efficientnet_small": 224_500,
    "nasnet_small": 70_674, "amoebanet_small": 58_306, "res2net_small": 271_866,
    "polynet_small": 79_546, "capsnet_small": 664_416, "irrcnn_small": 194_058,
    "dcrn_small": 55_082,
    "convnext_mini": 413_418, "vit_small": 208_074,
}


def made(name, **options):
    words = ", ".join([name, *(f"{option} {value}" for option, value in options.items())])
    marks = [pytest.mark.slow] if name == "amoebanet_small" else []      # NASNet has its parts
    return pytest.param(lambda: build(name, **options), id=words, marks=marks)


NETWORKS = [
    *map(made, SMALL),
    *(made("lenet5", variant=variant) for variant in ("rbf", "paper", "visualiser")),
    made("vgg_small", batch_norm=True), made("vgg_small", variant="torchvision", batch_norm=True),
    made("googlenet_small", aux=True), made("inception_v3_small", aux=True),
    *(made("resnet20", order=order) for order in ORDERS_HERE[1:]),
    made("resnet20", shortcut="C", order="no relu"), made("resnet20", variant="akamaster"),
    made("preact_resnet20", order="relu-only preactivation"),
    made("wrn_10_2", dropout=0.3), made("densenet_small", dropout=0.2),
    made("densenet_small", variant="plain"), made("vit_small", dropout=0.1),
]

# Networks without a name whose figures stand in the docstring of their family's file, too.
ALSO_COUNTED = {
    "lenet": [("lenet5", {"variant": variant}) for variant in ("rbf", "paper", "visualiser")],
    "alexnet": [("alexnet", {"variant": variant}) for variant in alexnet.VARIANTS],
    "zfnet": [("zfnet", {"variant": "slide"})],
    "googlenet": [("googlenet", {"aux": True}), ("googlenet", {"variant": "torchvision"}),
                  ("googlenet", {"variant": "torchvision", "aux": True}),
                  ("googlenet_small", {"aux": True})],
    "inception_v3": [("inception_v3", {"aux": True}), ("inception_v3_small", {"aux": True})],
    "inception_resnet": [("inception_resnet_v2", {"variant": "paper"})],
    "resnet": [(f"resnet{depth}", {"shortcut": option})
               for depth, options in ((18, "AC"), (34, "AC"), (50, "A")) for option in options],
    "capsnet": [("capsnet", {"reconstruction": False})],
    "mobilenet": [*(("mobilenet_v1", {"width": width}) for width in mobilenet.V1_WIDTHS),
                  *(("mobilenet_v2", {"width": width}) for width in (0.35, 0.5, 0.75, 1.4))],
    "shufflenet": [*(("shufflenet_v1", {"groups": groups, "width": width})
                     for groups, width in shufflenet.V1_WIDTHS),
                   *(("shufflenet_v2", {"width": width}) for width in shufflenet.V2_CHANNELS)],
    "res2net": [("res2net50", {"width": width, "scale": scale})
                for width, scale in res2net.WIDTHS],
}
# These stand in no docstring: figures by the paper's rule, or a test's.
NOT_COUNTED = {"preact_resnet20", "preact_resnet56", "wrn_10_2", "wrn_16_10", "wrn_22_8",
               "wrn_22_10", "wrn_28_12", "wrn_40_1", "wrn_40_2", "wrn_40_8", "resnext29_small",
               "densenet_small", "fractalnet_small"}
WITH_MACS = {"mobilenet", "shufflenet", "efficientnet", "nasnet", "amoebanet", "res2net",
             "polynet", "capsnet", "recurrent", "convnext", "vit"}
