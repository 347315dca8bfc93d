package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
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
import io.mistersmith.persistence.state.StateType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The names of all conversations: an entry for each. The first list reads them from the stores, and
 * a watch keeps them in memory from then on. Thread-safe.
 */
final class ConversationIndex implements AutoCloseable {

  private final StateRepository<String> entries;
  private final AgentId owner;

  private final Map<String, Known> known = new HashMap<>();
  private @Nullable Watch watch;

  /**
   * What is known of a name.
   *
   * @param exists whether there is such a conversation
   * @param revision when that was so; empty for names of the first list
   */
  private record Known(boolean exists, Optional<Revision> revision) {

    boolean isBefore(Revision other) {
      return revision.isEmpty() || other.isAfter(revision.get());
    }
  }

  ConversationIndex(Persistence persistence, String name) {
    this.entries = persistence.states(StateType.of("spring-ai-conversations", String.class));
    this.owner = AgentId.external(name);
  }

  private StateKey key(String conversation) {
    return StateKey.of(owner, conversation);
  }

  /** Adds a name without waiting. */
  CompletableFuture<Void> add(String conversation) {
    return entries
        .saveAsync(key(conversation), conversation, SaveOptions.unconditional())
        .thenAccept(saved -> note(conversation, true, saved.revision()));
  }

  /** Returns the revision of a name, for {@link #remove}. */
  Optional<Revision> revision(String conversation) {
    return entries.find(key(conversation)).map(Versioned::revision);
  }

  /** Removes a name unless it was added again since it had this revision. */
  void remove(String conversation, Revision revision) {
    try {
      entries.delete(key(conversation), revision);
      note(conversation, false, revision);
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      }
    }
  }

  private synchronized void note(String conversation, boolean exists, Revision revision) {
    Known before = known.get(conversation);
    boolean isOwnRemoval =
        !exists && before != null && before.revision().equals(Optional.of(revision));
    if (before == null || isOwnRemoval || before.isBefore(revision)) {
      known.put(conversation, new Known(exists, Optional.of(revision)));
    }
  }

  private void changed(StateChangeEvent<String> event) {
    note(event.key().key(), event.value().isPresent(), event.revision());
  }

  /** Returns all names. */
  List<String> list() {
    startWatch();
    synchronized (this) {
      List<String> names = new ArrayList<>(known.size());
      known.forEach(
          (name, state) -> {
            if (state.exists()) {
              names.add(name);
            }
          });
      return names;
    }
  }

  private void startWatch() {
    synchronized (this) {
      if (watch != null) {
        return;
      }
    }
    Watch started = entries.watch(owner, this::changed);
    List<StateKey> keys = entries.keys(owner, "");
    synchronized (this) {
      keys.forEach(key -> known.putIfAbsent(key.key(), new Known(true, Optional.empty())));
      if (watch == null) {
        watch = started;
        return;
      }
    }
    started.close();
  }

  @Override
  public void close() {
    Watch open;
    synchronized (this) {
      open = watch;
      watch = null;
      known.clear();
    }
    if (open != null) {
      open.close();
    }
  }
}
