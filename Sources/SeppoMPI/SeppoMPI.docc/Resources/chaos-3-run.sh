swift build -c release
.build/release/Chaos
