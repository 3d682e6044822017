"""Every operation and layer under every option: minicnn.gradcheck.cases.table.all_cases()."""
