package io.mistersmith.persistence.bench;

import java.util.Optional;

/**
 * A message that a benchmark wrote, as its text names it.
 *
 * @param part which part of a turn it is
 * @param writer the process that wrote it
 * @param turn the number of the writer's turn, from 0
 */
record Said(Part part, String writer, int turn) {

  /** A part of a turn, in the order in which a writer adds them. */
  enum Part {
    QUESTION,
    CALL,
    RESULT,
    ANSWER
  }

  /** Returns the id of the turn, which is the id of its call, too. */
  String id() {
    return writer + "-" + turn;
  }

  String text() {
    return part + ":" + id();
  }

  /** Returns a message's text as it was written; empty for other texts, such as those of a fill. */
  static Optional<Said> parsed(String text) {
    int colon = text.indexOf(':');
    int dash = text.indexOf('-', colon);
    if (colon < 0 || dash < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Said(
            Part.valueOf(text.substring(0, colon)),
            text.substring(colon + 1, dash),
            Integer.parseInt(text.substring(dash + 1))));
  }
}
