package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import io.mistersmith.persistence.state.StateRepository.Watch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * All entries of one owner and type. The first list reads them from the stores, and a watch keeps
 * them in memory from then on: a list shows what this process did at once, and what others did
 * within the latency of the watch. Thread-safe.
 *
 * @param <T> the type of the entries
 */
final class WatchedEntries<T> implements AutoCloseable {

  private final StateRepository<T> entries;
  private final AgentId owner;
  private final Map<String, Versioned<T>> known = new HashMap<>();
  private final Map<String, Revision> removed = new LatestRemovals();
  private @Nullable Watch watch;

  /** The latest removals: what is older than a removal and arrives after it does not count. */
  private static final class LatestRemovals extends LinkedHashMap<String, Revision> {

    private static final long serialVersionUID = 1;
    private static final int MOST = 1_000;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Revision> eldest) {
      return size() > MOST;
    }
  }

  WatchedEntries(StateRepository<T> entries, AgentId owner) {
    this.entries = entries;
    this.owner = owner;
  }

  private StateKey key(String name) {
    return StateKey.of(owner, name);
  }

  void put(String name, T value) {
    note(name, entries.save(key(name), value));
  }

  /** {@link #put} without waiting. */
  CompletableFuture<Void> putAsync(String name, T value) {
    return entries
        .saveAsync(key(name), value, SaveOptions.unconditional())
        .thenAccept(saved -> note(name, saved));
  }

  /** Returns the entry as the stores have it. */
  Optional<Versioned<T>> find(String name) {
    return entries.find(key(name));
  }

  /** Removes an entry unless it was put again since it had this revision. */
  void remove(String name, Revision revision) {
    try {
      entries.delete(key(name), revision);
      noteRemoved(name, revision);
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      }
    }
  }

  private synchronized void note(String name, Versioned<T> entry) {
    Versioned<T> before = known.get(name);
    Revision gone = removed.get(name);
    if ((before == null || entry.revision().isAfter(before.revision()))
        && (gone == null || entry.revision().isAfter(gone))) {
      known.put(name, entry);
    }
  }

  private synchronized void noteRemoved(String name, Revision revision) {
    Versioned<T> before = known.get(name);
    if (before == null || !before.revision().isAfter(revision)) {
      known.remove(name);
      removed.put(name, revision);
    }
  }

  private void changed(StateChangeEvent<T> event) {
    String name = event.key().key();
    event
        .value()
        .ifPresentOrElse(entry -> note(name, entry), () -> noteRemoved(name, event.revision()));
  }

  /** Returns all entries, in any order. */
  List<T> list() {
    startWatch();
    synchronized (this) {
      List<T> values = new ArrayList<>(known.size());
      known.values().forEach(entry -> values.add(entry.value()));
      return values;
    }
  }

  private void startWatch() {
    synchronized (this) {
      if (watch != null) {
        return;
      }
    }
    Watch started = entries.watch(owner, this::changed);
    boolean kept = false;
    try {
      entries
          .findAll(entries.keys(owner, ""))
          .forEach((key, row) -> row.orElseThrow().ifPresent(found -> note(key.key(), found)));
      synchronized (this) {
        kept = watch == null;
        watch = kept ? started : watch;
      }
    } finally {
      if (!kept) {
        started.close();
      }
    }
  }

  @Override
  public void close() {
    Watch open;
    synchronized (this) {
      open = watch;
      watch = null;
      known.clear();
      removed.clear();
    }
    if (open != null) {
      open.close();
    }
  }
}
