package io.mistersmith.persistence.a2a;

import io.a2a.spec.PushNotificationConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateType;
import java.util.ArrayList;
import java.util.List;

/**
 * The push notification configurations of a task.
 *
 * @param configs their JSON, in the order in which they were set
 */
record PushConfigs(List<String> configs) {

  static final StateType<PushConfigs> TYPE = StateType.of("a2a-push", PushConfigs.class);

  static final PushConfigs NONE = new PushConfigs(List.of());

  static StateKey key(String taskId) {
    return StateKey.of(Owners.task(taskId), "push");
  }

  List<PushNotificationConfig> parsed() {
    return configs.stream().map(json -> Json.parse(json, PushNotificationConfig.class)).toList();
  }

  /** Returns these without the one with this id. */
  PushConfigs without(String id) {
    return new PushConfigs(
        configs.stream()
            .filter(json -> !id.equals(Json.parse(json, PushNotificationConfig.class).id()))
            .toList());
  }

  PushConfigs with(PushNotificationConfig config) {
    List<String> more = new ArrayList<>(configs);
    more.add(Json.of(config));
    return new PushConfigs(more);
  }
}
