"""Readers of pictures with boxes, masks and maps of classes, as annotation tools write them.

    read_masks      a picture and a picture of its classes      find.py tells which a folder is
    read_voc        PASCAL VOC: an XML file for each picture
    read_coco       COCO: one JSON file for all
    read_yolo       YOLO: a text file for each picture

What cannot be used is named with its file and its box, and is an error; skip_unreadable=True leaves
it out and says so.
"""

from minicnn.data.readers.coco import read_coco
from minicnn.data.readers.masks import read_masks
from minicnn.data.readers.voc import read_voc
from minicnn.data.readers.yolo import read_yolo

__all__ = ["read_coco", "read_masks", "read_voc", "read_yolo"]
