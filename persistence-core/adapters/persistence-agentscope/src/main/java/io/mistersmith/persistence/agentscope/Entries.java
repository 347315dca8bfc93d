package io.mistersmith.persistence.agentscope;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.agentscope.Block.Reference;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * The entries of a list's log that this process has read or appended. A read asks for those alone
 * that came since. Used under the lock of its list.
 */
final class Entries {

  private static final int PAGE = 500;
  private static final int ATTEMPTS = 50;
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

  private final Log<String> log;
  private final Function<String, Log<String>> others;
  private List<Known> known = new ArrayList<>();
  private long readTo;

  Entries(Log<String> log, Function<String, Log<String>> others) {
    this.log = log;
    this.others = others;
  }

  /**
   * An entry.
   *
   * @param version its version
   * @param summary whether it stands for entries that were replaced
   * @param items its items
   */
  record Known(long version, boolean summary, List<Object> items) {}

  /** Returns the version up to which all entries are known. */
  long readTo() {
    return readTo;
  }

  List<Known> known() {
    return known;
  }

  List<Object> items() {
    List<Object> items = new ArrayList<>();
    known.forEach(entry -> items.addAll(entry.items()));
    return items;
  }

  /** Reads what other writers have changed. */
  void refresh(Class<?> type) {
    for (int attempt = 1; ; attempt++) {
      try {
        dropReplaced(type);
        readOn(type);
        return;
      } catch (IncompleteException e) {
        forget();
        LockSupport.parkNanos(PAUSE); // until this process sees the newer summary
        if (attempt == ATTEMPTS) {
          throw new TransientPersistenceException(
              DataError.VERSION_CONFLICT,
              "log " + log.name() + " was replaced during each of " + ATTEMPTS + " reads",
              e);
        }
      }
    }
  }

  private void forget() {
    known = new ArrayList<>();
    readTo = 0;
  }

  private void dropReplaced(Class<?> type) {
    List<Entry<String>> first = readTo == 0 ? List.of() : log.read(1, 1);
    if (first.isEmpty()) {
      known = new ArrayList<>();
      return;
    }
    Entry<String> oldest = first.get(0);
    boolean replaced =
        oldest.isSummary()
            && (known.isEmpty()
                || !known.get(0).summary()
                || known.get(0).version() != oldest.version());
    known.removeIf(
        entry ->
            entry.version() < oldest.version()
                || (replaced && entry.version() == oldest.version()));
    if (replaced && oldest.version() <= readTo) {
      known.add(0, parsed(oldest, type));
    }
  }

  private void readOn(Class<?> type) {
    List<Entry<String>> page;
    do {
      page = log.read(readTo + 1, PAGE);
      for (Entry<String> entry : page) {
        if (entry.isSummary()) {
          known.removeIf(earlier -> earlier.version() <= entry.version());
        }
        known.add(parsed(entry, type));
        readTo = entry.version();
      }
    } while (page.size() == PAGE);
  }

  private Known parsed(Entry<String> entry, Class<?> type) {
    JsonNode json = StateJson.tree(entry.value());
    Reference reference = Block.reference(json);
    if (reference == null) {
      return new Known(entry.version(), entry.isSummary(), Block.items(json, type));
    }
    List<Object> items = new ArrayList<>();
    long entries = 0;
    List<Entry<String>> page;
    do {
      page = others.apply(reference.log()).read(entries + 1, PAGE);
      page.forEach(part -> items.addAll(Block.items(StateJson.tree(part.value()), type)));
      entries += page.size();
    } while (page.size() == PAGE);
    if (entries < reference.entries()) {
      throw new IncompleteException(reference.log());
    }
    return new Known(entry.version(), entry.isSummary(), items);
  }

  /** Notes what this process has appended, unless another writer came between. */
  void appended(long version, List<Object> items) {
    if (version == readTo + 1) {
      known.add(new Known(version, false, List.copyOf(items)));
      readTo = version;
    }
  }

  /** Notes that this process has replaced all known entries. */
  void replaced(long version, List<Object> items) {
    if (version == readTo) {
      known = new ArrayList<>();
      known.add(new Known(version, true, List.copyOf(items)));
    } else {
      forget(); // entries stayed that later ones are kept with
    }
  }

  /** The log that a summary names is shorter than it says: the summary was replaced meanwhile. */
  private static final class IncompleteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    IncompleteException(String log) {
      super("log " + log + " is being deleted");
    }
  }
}
