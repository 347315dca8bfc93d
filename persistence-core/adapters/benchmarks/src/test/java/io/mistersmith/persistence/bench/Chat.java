package io.mistersmith.persistence.bench;

import java.util.List;

/** One process's end of a conversation, as a framework's code uses it. Used by one thread. */
interface Chat {

  /** Writes this many messages, which no figure times. */
  void fill(int messages) throws Exception;

  /** Prepares one more message, and returns the call that appends it, which is timed. */
  Append next() throws Exception;

  /** A call that writes. */
  interface Append {
    void make() throws Exception;
  }

  /** Prepares a part of a turn, and returns the call that writes it, which may be repeated. */
  Append saying(Said said) throws Exception;

  /** Returns what a reader finds now. */
  List<Said> read() throws Exception;
}
