/* The commands, one per cmd_*.c. Each parses its options, wires the rooms together, and
 * returns the exit status of DESIGN 2. argv[0] is the command's own name. */
#ifndef ANALYZE_COMMANDS_H
#define ANALYZE_COMMANDS_H

enum exit_status {
    EXIT_HELD = 0,  /* everything asked was checked and held */
    EXIT_SHORT = 1, /* the evidence falls short */
    EXIT_USAGE = 2, /* usage, or the package cannot be opened */
    EXIT_OURS = 3,  /* exhibit's own failure */
};

int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_checkpoint(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_analyze(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_batch(int argc, char **argv);
int cmd_search(int argc, char **argv);

#endif
