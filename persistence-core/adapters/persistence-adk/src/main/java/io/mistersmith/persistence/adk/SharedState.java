package io.mistersmith.persistence.adk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.adk.JsonBaseModel;
import com.google.adk.sessions.State;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.HashMap;
import java.util.Map;

/** The state of an application, or of a user, which all sessions share: one entry for each. */
final class SharedState {

  private static final StateType<String> TYPE =
      StateType.of("adk-state", String.class).withCodec(new RawJson());

  private final StateRepository<String> states;

  SharedState(Persistence persistence) {
    this.states = persistence.states(TYPE);
  }

  private static StateKey key(AgentId owner) {
    return StateKey.of(owner, "state");
  }

  /** Changes keys; changes of other processes to other keys stay. */
  void apply(AgentId owner, Map<String, Object> delta) {
    if (delta.isEmpty()) {
      return;
    }
    states.update(
        key(owner),
        "{}",
        json -> {
          ObjectNode tree = (ObjectNode) Json.tree(json);
          delta.forEach(
              (key, value) -> {
                if (value == State.REMOVED) {
                  tree.remove(key);
                } else {
                  tree.set(key, JsonBaseModel.getMapper().valueToTree(value));
                }
              });
          return Json.text(tree);
        });
  }

  /** Returns the states of an application and of a user with their prefixes. */
  Map<String, Object> read(AgentId app, AgentId user) {
    Map<String, Object> merged = new HashMap<>();
    merge(merged, app, State.APP_PREFIX);
    merge(merged, user, State.USER_PREFIX);
    return merged;
  }

  private void merge(Map<String, Object> merged, AgentId owner, String prefix) {
    states
        .find(key(owner))
        .ifPresent(
            found ->
                Json.members(Json.tree(found.value()))
                    .forEach((key, value) -> merged.put(prefix + key, value)));
  }

  void delete(AgentId owner) {
    states.delete(key(owner));
  }
}
