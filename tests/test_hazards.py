"""The hazards of numerical code, files and tools, and the test that holds each.

The numbers are those of the project's list of hazards: 1 to 24 and 31 to 42 (25 to 30 concern
published weights).  This file keeps the list honest: a test that is renamed or lost is missed here.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

REGISTER = {
    1: ("huge logits", ["losses/test_cross_entropy.py::test_huge_logits_are_exact",
                        "layers/test_softmax.py::test_huge_logits"]),
    2: ("log of a probability", [
        "losses/test_cross_entropy.py::test_no_logarithm_of_a_probability_in_the_package",
        "test_house_rules.py::test_rule"]),
    3: ("NaN is never hidden", [
        "layers/test_every_layer.py::test_nan_comes_out",
        "autograd/test_engine_guards.py::test_anomaly_in_forward_names_the_first_layer"]),
    4: ("batch norm at its edges", [
        "layers/test_batchnorm.py::test_equal_values_come_out_as_the_bias",
        "layers/test_batchnorm.py::test_refuses_one_value_per_channel",
        "layers/test_every_layer.py::test_an_empty_batch",
        "layers/test_batchnorm.py::test_running_averages_agree_with_loops"]),
    5: ("modes leak", ["layers/test_every_layer.py::test_eval_repeats_itself",
                       "layers/test_batchnorm.py::test_eval_repeats_itself_and_changes_nothing"]),
    6: ("LRN on zeros", ["layers/test_lrn.py::test_zeros_stay_zero_with_a_finite_gradient",
                         "layers/test_lrn.py::test_the_papers_alexnet_is_alpha_times_five"]),
    7: ("ties, NaN and padding of max pooling", [
        "layers/test_maxpool.py::test_ties_go_to_the_first_cell_in_row_order",
        "layers/test_maxpool.py::test_nan_wins_over_everything",
        "layers/test_maxpool.py::test_padding_never_wins_over_negative_values",
        "layers/test_maxpool.py::test_overlapping_windows_add_up"]),
    8: ("borders of average pooling", [
        "layers/test_avgpool.py::test_padding_counts_unless_told_otherwise",
        "layers/test_stored.py::test_layer"]),
    9: ("dropout at its edges", ["layers/test_dropout.py::test_p_1_gives_zeros_even_for_infinity",
                                 "layers/test_dropout.py::test_mean_is_preserved",
                                 "layers/test_dropout.py::test_same_mask_in_backward"]),
    10: ("float16 sums", [
        "autograd/test_arithmetic.py::test_float16_sums_do_not_overflow_on_the_way"]),
    11: ("float64 creeps in", [
        "layers/test_every_layer.py::test_dtypes_stay", "autograd/test_engine.py::test_dtypes_stay",
        "losses/test_cross_entropy.py::test_dtypes_are_kept_and_inputs_left_alone"]),
    12: ("images of bytes", ["autograd/test_engine_guards.py::test_images_of_bytes_are_refused",
                             "layers/test_conv.py::test_refuses_bytes_and_mixed_precision"]),
    13: ("wrong labels", [
        "losses/test_cross_entropy.py::test_wrong_labels_are_refused",
        "training/metrics/test_classification.py::test_top_k_refuses_labels_out_of_range"]),
    14: ("empty and odd batches", ["layers/test_every_layer.py::test_an_empty_batch",
                                   "data/test_loader.py::test_in_order_with_odd_last_batch"]),
    15: ("memory layouts", ["layers/test_every_layer.py::test_any_layout_and_the_input_stays",
                            "autograd/test_tensor.py::test_big_endian_files",
                            "autograd/test_tensor.py::test_zero_dimensional"]),
    16: ("the caller's arrays", ["layers/test_every_layer.py::test_any_layout_and_the_input_stays",
                                 "autograd/test_engine.py::test_dy_stays_the_callers"]),
    17: ("a Tensor used twice", [
        "autograd/test_engine.py::test_diamond",
        "autograd/test_engine.py::test_no_limit_to_the_depth",
        "autograd/test_engine.py::test_a_second_backward_asks_for_retain_graph"]),
    18: ("silent broadcasting", [
        "losses/test_cross_entropy.py::test_mse_loss_never_broadcasts",
        "layers/test_residual.py::test_add_broadcasts_nothing",
        "layers/test_conv.py::test_bias_goes_to_channels_where_channels_equal_the_width"]),
    19: ("window arithmetic", ["layers/test_conv.py::test_any_geometry_agrees_with_loops",
                               "layers/test_conv.py::test_backward_is_the_adjoint",
                               "layers/test_stored.py::test_layer"]),
    20: ("every gradient, every option", ["gradcheck/test_cases.py::test_every_function_has_a_case",
                                          "gradcheck/test_planted.py::test_planted_bugs_are_found",
                                          "gradcheck/test_checker.py::test_corners_are_kinks"]),
    21: ("two devices, one result", ["test_learning.py::test_twenty_steps_on_both_libraries"]),
    22: ("two runs, one result", ["test_learning.py::test_one_seed_one_run"]),
    23: ("silent copies from the GPU", [
        "backend/test_standin.py",
        "autograd/test_tensor.py::test_arithmetic_does_not_wait_for_the_gpu"]),
    24: ("learning happens", ["test_learning.py::test_one_batch_by_heart",
                              "test_learning.py::test_shuffled_labels_stay_at_chance",
                              "test_examples.py::test_built_in_digits"]),
    31: ("damaged gzip", ["data/test_idx.py"]),
    32: ("IDX files that lie", ["data/test_idx.py"]),
    33: ("CIFAR without pickle", ["data/test_cifar.py"]),
    34: ("archives that climb out", ["data/test_cifar.py"]),
    35: ("interrupted download", ["data/test_download.py"]),
    36: ("two processes at once", ["data/test_download.py::test_eight_processes"]),
    37: ("bad mirrors", ["data/test_download.py"]),
    38: ("half a checkpoint", ["training/test_checkpoint.py::test_killed_at_any_moment"]),
    39: ("resume equals uninterrupted", ["training/test_checkpoint_resume.py",
                                         "data/test_loader.py::test_resume_equals_uninterrupted"]),
    40: ("Ctrl-C", ["training/test_interrupt.py",
                    "test_examples.py::test_a_run_and_one_that_is_interrupted_and_resumed"]),
    41: ("no display, no home, no permission", ["analysis/test_pictures.py",
                                                "analysis/test_doctor.py"]),
    42: ("documentation rots", ["test_docs.py"]),
}


def test_every_hazard_is_listed():
    assert list(REGISTER) == [*range(1, 25), *range(31, 43)]


@pytest.mark.parametrize("number", REGISTER)
def test_its_tests_exist(number):
    for place in REGISTER[number][1]:
        file, _, name = place.partition("::")
        text = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name or 'test_'}", text, re.M), place
