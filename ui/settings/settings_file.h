/* The file of the user's settings: its folder, its lock, its bytes. Nothing but this user's own is entered or opened, and no symbolic link.
 * Called by settings.c alone. -1: errno says why. */
#ifndef TANA_SETTINGS_FILE_H
#define TANA_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define SETTINGS_FILE_MOST (512 * 1024)  /* bytes; past that nothing is written any more until it is tidied */

int settings_folder(bool make);              /* ~/.config/tana; make: where it is not there */
/* Opened for appending and locked, made where it is not there, and the one that stands there still. *alone: nobody else has it open. */
int settings_file_open(int in, bool *alone);
int settings_file_look(int in);              /* to be read and nothing else: not made, not locked */
int settings_file_read(int fd, char **data, size_t *len); /* all of it; *data is the caller's. 0, or an errno */
bool settings_file_write(int fd, const char *p, size_t n);
const char *settings_file_path(char *out, size_t size);  /* as people write it */

#endif
