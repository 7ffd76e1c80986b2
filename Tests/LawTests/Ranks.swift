import SeppoMPI
