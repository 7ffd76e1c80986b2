swift build -c release
mpirun -n 4 .build/release/Chaos
