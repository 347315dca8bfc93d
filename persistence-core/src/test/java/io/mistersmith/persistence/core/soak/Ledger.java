package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.Revision;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * All promises, from the lines that the runtimes print ({@link LedgerWriter}): an intention before
 * each write, and what became of it after. Thread-safe.
 */
final class Ledger {

  private record Intention(String write, Space space, String key, Effect effect) {}

  private final Map<String, Promise> promises = new HashMap<>();
  private final Map<String, CrdtPromise> counters = new HashMap<>();
  private final Map<String, CrdtPromise> sets = new HashMap<>();
  private long acknowledged;

  /** The lines of one process. For one thread. */
  final class Book {
    private final Map<String, Intention> open = new HashMap<>();

    /** Takes a line; false when it is none of the ledger's. */
    boolean take(String line) {
      String[] part = line.split(" ", -1);
      synchronized (Ledger.this) {
        switch (part[0]) {
          case LedgerWriter.INTENDED -> intended(part);
          case LedgerWriter.ACKNOWLEDGED -> acknowledged(part[1], part[2], part[3]);
          case LedgerWriter.FAILED -> end(part[1], Promise::failed);
          case LedgerWriter.REFUSED -> end(part[1], Promise::refused);
          default -> {
            return false;
          }
        }
        return true;
      }
    }

    private void intended(String[] part) {
      Intention made =
          new Intention(part[1], Space.valueOf(part[2]), part[3], Effect.valueOf(part[4]));
      open.put(made.write(), made);
      switch (made.space()) {
        case COUNTER -> crdt(counters, made).intended(made.write(), made.effect());
        case SET -> crdt(sets, made).intended(element(made), made.effect());
        default -> promise(made).intended(made.write(), made.effect());
      }
    }

    private void acknowledged(String write, String revision, String current) {
      Intention made = open.remove(write);
      if (made == null) {
        throw new IllegalStateException(write + " was acknowledged and never intended");
      }
      acknowledged++;
      switch (made.space()) {
        case COUNTER -> crdt(counters, made).acknowledged(made.write(), made.effect());
        case SET -> crdt(sets, made).acknowledged(element(made), made.effect());
        default ->
            promise(made)
                .acknowledged(
                    made.write(),
                    revision.equals("-") ? Optional.empty() : Optional.of(Revision.parse(revision)),
                    current);
      }
    }

    private void end(String write, BiConsumer<Promise, String> how) {
      Intention made = open.remove(write);
      if (made != null && promises.containsKey(made.key())) {
        how.accept(promise(made), write);
      }
    }

    /** The process is gone. */
    void close() {
      synchronized (Ledger.this) {
        open.values().stream()
            .filter(made -> promises.containsKey(made.key()))
            .forEach(made -> promise(made).orphaned(made.write()));
      }
    }

    /** The removal of an element is named after it. */
    private static String element(Intention made) {
      return made.write().replace("-", "");
    }
  }

  private Promise promise(Intention made) {
    return promises.computeIfAbsent(made.key(), key -> new Promise(made.space(), key));
  }

  private static CrdtPromise crdt(Map<String, CrdtPromise> kind, Intention made) {
    return kind.computeIfAbsent(made.key(), CrdtPromise::new);
  }

  Book open() {
    return new Book();
  }

  synchronized long acknowledged() {
    return acknowledged;
  }

  /** The keys that something was promised of. */
  synchronized Collection<String> keys(Space space) {
    return promises.entrySet().stream()
        .filter(entry -> entry.getValue().space() == space)
        .map(Map.Entry::getKey)
        .toList();
  }

  synchronized Collection<String> counters() {
    return List.copyOf(counters.keySet());
  }

  synchronized Collection<String> sets() {
    return List.copyOf(sets.keySet());
  }

  /** Applies {@code judgement} to the promise of a key, if there is one. */
  synchronized Optional<Fault> judge(String key, Function<Promise, Optional<Fault>> judgement) {
    return Optional.ofNullable(promises.get(key)).flatMap(judgement);
  }

  synchronized Optional<Fault> judgeCrdt(
      String key, Function<CrdtPromise, Optional<Fault>> judgement) {
    CrdtPromise promise = counters.getOrDefault(key, sets.get(key));
    return Optional.ofNullable(promise).flatMap(judgement);
  }
}
