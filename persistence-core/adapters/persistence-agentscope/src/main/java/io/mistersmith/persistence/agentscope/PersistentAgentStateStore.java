package io.mistersmith.persistence.agentscope;

import io.agentscope.core.message.Msg;
import io.agentscope.core.state.AgentState;
import io.agentscope.core.state.AgentStateStore;
import io.agentscope.core.state.State;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the states of AgentScope's agents in a {@link Persistence}. Thread-safe; any number of
 * processes may use one session at once.
 *
 * <p>A call that has returned is acknowledged by NATS, and PostgreSQL has it soon after. Lists, and
 * the messages of an {@link AgentState}, are kept as logs: a save appends what is new, and costs
 * the same however long the list is. What another process has appended since this one last read or
 * saved the list stays, before the new items. A list that is changed before its end is replaced as
 * a whole. A process that saves a list which it has neither read nor saved before replaces it,
 * unless the list begins with what is stored.
 *
 * <p>A user that is null or blank is anonymous. Null and blank ids of sessions are refused as
 * AgentScope's own stores do. All other failures are {@link PersistenceException}s: {@code
 * INVALID_KEY} for an id of more than 255 or a key of more than 100 characters, {@code
 * VALUE_TOO_LARGE} for one message or state of more than about 1 MB.
 */
public final class PersistentAgentStateStore implements AgentStateStore {

  /** Expected of a state whatever its version; returned when another version was expected. */
  public static final long UNVERSIONED = -1;

  private final Sessions sessions;
  private final StateRepository<Document> documents;

  private PersistentAgentStateStore(Builder builder) {
    this.documents = builder.persistence.states(Document.TYPE);
    this.sessions = new Sessions(builder.persistence, documents, builder.limits, builder.lists);
  }

  /** Returns a store that keeps all messages. */
  public static PersistentAgentStateStore of(Persistence persistence) {
    return builder(persistence).build();
  }

  /** Returns a builder. The store does not close {@code persistence}. */
  public static Builder builder(Persistence persistence) {
    return new Builder(persistence);
  }

  @Override
  public void save(@Nullable String userId, String sessionId, String key, State value) {
    Slot slot = Slot.of(userId, sessionId);
    String json = withoutMessages(value);
    saveMessages(slot, key, value);
    Document saved =
        documents.update(slot.single(key), Document.NONE, document -> document.next(json)).value();
    if (saved.version() == 1) {
      sessions.list(slot);
    }
  }

  @Override
  public void save(
      @Nullable String userId, String sessionId, String key, List<? extends State> values) {
    Slot slot = Slot.of(userId, sessionId);
    sessions.writeList(slot, slot.list(key), values);
  }

  /**
   * Saves a state if it has the expected version. Versions count the saves of a key: 1, 2, 3 and so
   * on, again from 1 after a delete.
   *
   * @param expectedVersion the version that the stored state must have; 0 when there must be none;
   *     {@link #UNVERSIONED} for any
   * @return the new version; {@link #UNVERSIONED} when the state had another version than expected,
   *     and nothing was changed
   */
  public long saveIfVersion(
      @Nullable String userId, String sessionId, String key, State value, long expectedVersion) {
    if (expectedVersion == UNVERSIONED) {
      save(userId, sessionId, key, value);
      return version(userId, sessionId, key);
    }
    Slot slot = Slot.of(userId, sessionId);
    Optional<Versioned<Document>> stored = documents.find(slot.single(key));
    Document document = stored.map(Versioned::value).orElse(Document.NONE);
    if (document.version() != expectedVersion) {
      return UNVERSIONED;
    }
    SaveOptions unchanged =
        stored.map(found -> SaveOptions.at(found.revision())).orElse(SaveOptions.ifAbsent());
    try {
      documents.save(slot.single(key), document.next(withoutMessages(value)), unchanged);
    } catch (PersistenceException e) {
      if (e.error() == DataError.VERSION_CONFLICT || e.error() == DataError.DUPLICATE_KEY) {
        return UNVERSIONED;
      }
      throw e;
    }
    saveMessages(slot, key, value);
    sessions.list(slot);
    return expectedVersion + 1;
  }

  /** Returns the version of a single state; 0 when there is none. */
  public long version(@Nullable String userId, String sessionId, String key) {
    return documents
        .find(Slot.of(userId, sessionId).single(key))
        .map(found -> found.value().version())
        .orElse(0L);
  }

  private static String withoutMessages(State value) {
    return value instanceof AgentState state
        ? StateJson.withoutContext(state)
        : StateJson.of(value);
  }

  private void saveMessages(Slot slot, String key, State value) {
    if (value instanceof AgentState state) {
      sessions.writeList(slot, slot.messages(key), state.getContext());
    }
  }

  @Override
  public <T extends State> Optional<T> get(
      @Nullable String userId, String sessionId, String key, Class<T> type) {
    Slot slot = Slot.of(userId, sessionId);
    Optional<T> found =
        documents
            .find(slot.single(key))
            .map(document -> StateJson.parse(document.value().json(), type));
    found.ifPresent(
        value -> {
          if (value instanceof AgentState state) {
            state.contextMutable().addAll(sessions.readList(slot, slot.messages(key), Msg.class));
          }
        });
    return found;
  }

  @Override
  public <T extends State> List<T> getList(
      @Nullable String userId, String sessionId, String key, Class<T> itemType) {
    Slot slot = Slot.of(userId, sessionId);
    return sessions.readList(slot, slot.list(key), itemType);
  }

  @Override
  public boolean exists(@Nullable String userId, String sessionId) {
    return sessions.exists(Slot.of(userId, sessionId));
  }

  /** Deletes the session: its states, its lists with all their messages, and its name. */
  @Override
  public void delete(@Nullable String userId, String sessionId) {
    sessions.delete(Slot.of(userId, sessionId));
  }

  /** Deletes a single state, with its messages. Lists of that key stay. */
  @Override
  public void delete(@Nullable String userId, String sessionId, String key) {
    Slot slot = Slot.of(userId, sessionId);
    sessions.delete(slot, slot.single(key));
    sessions.delete(slot, slot.messages(key));
  }

  @Override
  public Set<String> listSessionIds(@Nullable String userId) {
    return sessions.ids(userId);
  }

  /**
   * Deletes all sessions of a user. When it fails, repeat it: what it has deleted stays deleted.
   *
   * @return how many there were
   */
  public int forgetUser(@Nullable String userId) {
    Set<String> ids = listSessionIds(userId);
    ids.forEach(id -> delete(userId, id));
    return ids.size();
  }

  /** Builds a store. Used by one thread. */
  public static final class Builder {

    private final Persistence persistence;
    private Limits limits = Limits.NONE;
    private int lists = 1_000;

    private Builder(Persistence persistence) {
      this.persistence = Objects.requireNonNull(persistence, "persistence");
    }

    /**
     * Limits each list, by number, age or bytes of its entries; without limits at first. A message
     * is an entry; a call of a tool and its results that are saved together are one. The oldest
     * entries are removed with later saves; a call is not removed while its result stays.
     */
    public Builder keep(Limits newLimits) {
      this.limits = Objects.requireNonNull(newLimits, "limits");
      return this;
    }

    /**
     * Sets how many lists this process remembers, with their messages (1,000 at first). A list that
     * is not remembered is read once when it is saved next, and then counts as not read before.
     *
     * @throws IllegalArgumentException when it is less than 1
     */
    public Builder rememberedLists(int most) {
      if (most < 1) {
        throw new IllegalArgumentException("remembered lists are " + most + "; give 1 or more");
      }
      this.lists = most;
      return this;
    }

    /** Returns the store. */
    public PersistentAgentStateStore build() {
      return new PersistentAgentStateStore(this);
    }
  }
}
