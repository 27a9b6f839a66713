module ttpctl/benchmarks/hyperscan

go 1.26.0
