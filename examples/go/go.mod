module score

go 1.19

require imgvec v0.0.0

replace imgvec => ../../bindings/go
