module imgvec

go 1.19
