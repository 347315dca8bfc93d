package io.mistersmith.persistence.agentscope;

import io.agentscope.core.state.State;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The sessions of users, and the lists in them. */
final class Sessions {

  private static final StateType<String> LISTED =
      StateType.of("agentscope-sessions", String.class).withCodec(new RawJson());
  static final StateType<String> ITEMS =
      StateType.of("agentscope", String.class).withCodec(new RawJson());

  private final Persistence persistence;
  private final StateRepository<Document> documents;
  private final StateRepository<String> listed;
  private final Limits limits;
  private final Map<StateKey, StoredList> lists;

  Sessions(
      Persistence persistence, StateRepository<Document> documents, Limits limits, int remembered) {
    this.persistence = persistence;
    this.documents = documents;
    this.listed = persistence.states(LISTED);
    this.limits = limits;
    this.lists =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<StateKey, StoredList> eldest) {
            return size() > remembered;
          }
        };
  }

  <T extends State> List<T> readList(Slot slot, StateKey list, Class<T> type) {
    return stored(slot, list).read(type);
  }

  void writeList(Slot slot, StateKey list, List<? extends State> values) {
    StoredList stored = stored(slot, list);
    stored.write(values);
    if (documents.find(list).isEmpty()) { // new, or deleted by another process
      documents.update(list, Document.NONE, found -> found.next("{\"logs\":[]}"));
      stored.keepLimits();
      list(slot);
    }
  }

  private StoredList stored(Slot slot, StateKey list) {
    synchronized (lists) {
      return lists.computeIfAbsent(
          list,
          key -> {
            Function<String, Log<String>> logs =
                name -> persistence.log(slot.session(), name, ITEMS);
            return new StoredList(
                logs.apply(list.key()), limits, new SideLogs(documents, list, logs));
          });
    }
  }

  void list(Slot slot) {
    if (listed.find(slot.listed()).isEmpty()) {
      listed.save(slot.listed(), "{}");
    }
  }

  boolean exists(Slot slot) {
    return listed.find(slot.listed()).isPresent();
  }

  Set<String> ids(@Nullable String userId) {
    Set<String> ids = new LinkedHashSet<>();
    AgentId user = Slot.user(userId);
    listed.keys(user, "").forEach(key -> ids.add(key.key()));
    return ids;
  }

  void delete(Slot slot) {
    deleteStates(slot);
    listed.delete(slot.listed());
    deleteStates(slot); // of a writer that found the session listed while it was deleted
  }

  private void deleteStates(Slot slot) {
    documents.keys(slot.session(), "").forEach(key -> delete(slot, key));
  }

  void delete(Slot slot, StateKey key) {
    List<String> sides =
        documents.find(key).map(Versioned::value).map(SideLogs::names).orElse(List.of());
    sides.forEach(name -> persistence.log(slot.session(), name, ITEMS).delete());
    persistence.log(slot.session(), key.key(), ITEMS).delete();
    documents.delete(key);
    synchronized (lists) {
      lists.remove(StateKey.of(key.agent(), key.key()));
    }
  }
}
