"""Every operation and layer under every option: minicnn.gradcases.table.all_cases()."""
