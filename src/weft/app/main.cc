#include "weft/app/cli.h"

int main(int argc, char** argv) { return weft::app::run_cli(argc, argv); }
