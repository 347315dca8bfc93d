package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.message.ChatMessage;

/**
 * A message of a conversation.
 *
 * @param version the version that its entry has in the log; 0 when it is not appended yet
 * @param message the message
 */
record Turn(long version, ChatMessage message) {

  /** Returns a message that is not in the log yet. */
  static Turn ofNew(ChatMessage message) {
    return new Turn(0, message);
  }

  boolean isNew() {
    return version == 0;
  }
}
