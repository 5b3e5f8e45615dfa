/* Messages that a chat exported as JSON (Slack, Teams, Telegram, Discord, Mattermost):
 * each line of a message is a statement of its writer, at the time of the message. */
#ifndef FORMATS_WRITTEN_CHAT_H
#define FORMATS_WRITTEN_CHAT_H

#include "formats/writtentimeline.h"

/* Does it begin like one? */
bool chat_probe(struct bytes head);
/* Adds its statements, and the faults of broken JSON. */
void chat_read(struct bytes text, struct timeline *out);

#endif
