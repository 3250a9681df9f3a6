/* Runs the inputs named as arguments through a fuzzer's function, where there is no libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size, so that a sanitizer sees what reads beyond it. */
static int replay(const char *path)
{
	static uint8_t bytes[1024 * 1024];
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	size_t size = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	uint8_t *exact = malloc(size > 0 ? size : 1);
	if (exact == NULL)
		return 1;
	for (size_t i = 0; i < size; i++)
		exact[i] = bytes[i];
	printf("%s\n", path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) != 0)
			return 1;
	}
	return argc > 1 ? 0 : 1;
}
