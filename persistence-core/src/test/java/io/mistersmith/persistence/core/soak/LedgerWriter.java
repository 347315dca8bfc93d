package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Writes a runtime's part of the ledger to the pipe that is its standard output: a pipe keeps what
 * is in it when the writer is killed, and a line without its end was cut off and does not count.
 * Thread-safe.
 */
final class LedgerWriter {

  static final String INTENDED = "I";
  static final String ACKNOWLEDGED = "A";
  static final String FAILED = "F";
  static final String REFUSED = "N";
  static final String TOLERATED = "T";
  static final String DURABLE = "D";
  static final String COMPARED = "V";
  static final String UNEXPECTED = "unexpected";
  static final String SEEN = "X";
  static final String TRANSFER_COMMITTED = "B";
  static final String TRANSFER_REFUSED = "R";
  static final String COUNTED = "S";
  static final String SAGA_STARTED = "Z";
  static final String PAIR_COMMITTED = "P";
  static final String PAIR_REFUSED = "Q";
  static final String CHECKPOINT = "C";
  static final String CHECKPOINT_MAY_GO = "G";

  /** The end of every line: a line without it was cut off. */
  static final String END = ";";

  private final OutputStream out;

  LedgerWriter(OutputStream out) {
    this.out = out;
  }

  void intended(String write, Space space, StateKey key, Effect effect) {
    say(INTENDED + " " + write + " " + space + " " + key + " " + effect);
  }

  void acknowledged(String write, Optional<Revision> revision, String current) {
    say(
        ACKNOWLEDGED
            + " "
            + write
            + " "
            + revision.map(Revision::toString).orElse("-")
            + " "
            + current);
  }

  void failed(String write) {
    say(FAILED + " " + write);
  }

  void refused(String write) {
    say(REFUSED + " " + write);
  }

  /** An operation failed in a way that the soak's faults explain. */
  void tolerated(String operation, DataError error) {
    say(TOLERATED + " " + operation + " " + error);
  }

  /** A value that this layer answered was compared with what was saved. */
  void compared(StorageLayer layer) {
    say(COMPARED + " " + layer);
  }

  /** Something failed in a way that no fault of the soak explains. */
  void unexpected(String what) {
    say(UNEXPECTED + " " + what.replaceAll("\\R", " "));
  }

  /** PostgreSQL is said to have this revision of the key, or a later one. */
  void durable(StateKey key, Revision revision) {
    say(DURABLE + " " + key + " " + revision);
  }

  /** The transfer is committed. */
  void transferCommitted(String id) {
    say(TRANSFER_COMMITTED + " " + id);
  }

  /** Nothing of the transfer was or will be committed. */
  void transferRefused(String id) {
    say(TRANSFER_REFUSED + " " + id);
  }

  /** The run of a saga is started. */
  void sagaStarted(UUID id) {
    say(SAGA_STARTED + " " + id);
  }

  /** The transaction over both stores is committed. */
  void pairCommitted(String id) {
    say(PAIR_COMMITTED + " " + id);
  }

  /** Nothing of the transaction over both stores was or will be committed. */
  void pairRefused(String id) {
    say(PAIR_REFUSED + " " + id);
  }

  /** Something happened that is only counted, to show that the soak met it. */
  void counted(String what) {
    say(COUNTED + " " + what);
  }

  /** A checkpoint was made, of these writes by key. */
  void checkpoint(UUID id, Map<String, String> content) {
    say(CHECKPOINT + " " + id + " " + list(content));
  }

  /** From now on it may be gone. */
  void checkpointMayGo(UUID id) {
    say(CHECKPOINT_MAY_GO + " " + id);
  }

  /** A checkpoint's content, in the order of the keys. */
  static String list(Map<String, String> content) {
    return new TreeMap<>(content)
        .entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue())
            .collect(Collectors.joining(","));
  }

  /** This process has seen a promise broken itself. */
  void seen(Fault fault) {
    say(SEEN + " " + fault.kind() + " " + fault.what());
  }

  void say(String line) {
    byte[] bytes = (line + END + "\n").getBytes(StandardCharsets.UTF_8);
    synchronized (out) {
      try {
        out.write(bytes);
      } catch (IOException e) {
        throw new UncheckedIOException("the process that runs the soak has ended", e);
      }
    }
  }
}
