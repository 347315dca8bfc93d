package io.mistersmith.persistence.langgraph4j;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import org.bsc.langgraph4j.checkpoint.Checkpoint;

/**
 * The checkpoints of a thread in a log: a new one is an entry, and so is one that takes the place
 * of another, which then names that place. Thread-safe.
 */
final class CheckpointThread {

  private static final int PAGE = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Log<StoredCheckpoint> log;
  private final CheckpointFormat format;

  CheckpointThread(Log<StoredCheckpoint> log, CheckpointFormat format) {
    this.log = log;
    this.format = format;
  }

  /** Returns all checkpoints, the latest first. */
  List<Checkpoint> all() {
    TreeMap<Long, StoredCheckpoint> places = new TreeMap<>();
    for (Entry<StoredCheckpoint> entry : log.read(1, Integer.MAX_VALUE)) {
      places.put(place(entry), entry.value());
    }
    return new ArrayList<>(
        places.descendingMap().values().stream().map(format::checkpoint).toList());
  }

  private static long place(Entry<StoredCheckpoint> entry) {
    return entry.value().place() == 0 ? entry.version() : entry.value().place();
  }

  /** Returns the latest checkpoint, from the last entry. */
  Optional<Checkpoint> latest() {
    return latestEntry().map(Entry::value).map(format::checkpoint);
  }

  private Optional<Entry<StoredCheckpoint>> latestEntry() {
    Optional<Entry<StoredCheckpoint>> last = log.tail(1).stream().findFirst();
    long latest = last.map(entry -> entry.value().latest()).orElse(0L);
    return latest == 0 ? last : log.read(latest, 1).stream().findFirst();
  }

  /** Returns the checkpoint with this id: recent ones are found at once. */
  Optional<Checkpoint> find(String id) {
    return entry(id, Long.MAX_VALUE).map(Entry::value).map(format::checkpoint);
  }

  /** Returns the last entry of a checkpoint up to a version. */
  private Optional<Entry<StoredCheckpoint>> entry(String id, long from) {
    long next = from;
    List<Entry<StoredCheckpoint>> page;
    do {
      page = log.readBackwards(next, PAGE);
      for (Entry<StoredCheckpoint> entry : page) {
        if (entry.value().id().equals(id)) {
          return Optional.of(entry);
        }
        next = entry.version() - 1;
      }
    } while (page.size() == PAGE);
    return Optional.empty();
  }

  void add(Checkpoint checkpoint) {
    long unused = log.append(format.stored(checkpoint, 0, 0));
  }

  /**
   * Has a checkpoint take the place of the one with this id.
   *
   * @throws NoSuchElementException when there is none
   */
  void replace(String id, Checkpoint checkpoint) {
    long start = System.nanoTime();
    while (true) {
      long version = log.version();
      Entry<StoredCheckpoint> replaced =
          entry(id, version)
              .orElseThrow(
                  () -> new NoSuchElementException("Checkpoint with id " + id + " not found!"));
      Optional<Entry<StoredCheckpoint>> latest = latestEntry();
      boolean isLatest = latest.filter(entry -> entry.value().id().equals(id)).isPresent();
      long stays = isLatest ? 0 : latest.map(Entry::version).orElse(0L);
      try {
        long unused =
            log.append(format.stored(checkpoint, place(replaced), stays), Append.at(version));
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT
            || System.nanoTime() - start > PATIENCE.toNanos()) {
          throw e;
        } // else another process has put one: look again
      }
    }
  }

  void delete() {
    log.delete();
  }
}
