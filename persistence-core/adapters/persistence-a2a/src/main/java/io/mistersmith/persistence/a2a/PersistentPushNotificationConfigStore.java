package io.mistersmith.persistence.a2a;

import io.a2a.server.tasks.PushNotificationConfigStore;
import io.a2a.spec.ListTaskPushNotificationConfigParams;
import io.a2a.spec.ListTaskPushNotificationConfigResult;
import io.a2a.spec.PushNotificationConfig;
import io.a2a.spec.TaskPushNotificationConfig;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the push notification configurations of an A2A server's tasks in a {@link Persistence}:
 * those of a task in one entry, of at most about 1 MB. Thread-safe; any number of processes may
 * change them at once. {@link PersistentTaskStore#delete} deletes those of its task.
 *
 * <p>A call that has returned is acknowledged by NATS, and PostgreSQL has it soon after. Tokens and
 * credentials are kept as they are given. Failures are {@link
 * io.mistersmith.persistence.error.PersistenceException}s.
 */
public final class PersistentPushNotificationConfigStore implements PushNotificationConfigStore {

  private final StateRepository<PushConfigs> configs;

  private PersistentPushNotificationConfigStore(Persistence persistence) {
    this.configs = persistence.states(PushConfigs.TYPE);
  }

  /** Returns a store. It does not close {@code persistence}. */
  public static PersistentPushNotificationConfigStore of(Persistence persistence) {
    return new PersistentPushNotificationConfigStore(persistence);
  }

  /** Sets a configuration in the place of the one with its id; without one, it has the task's. */
  @Override
  public PushNotificationConfig setInfo(String taskId, PushNotificationConfig notificationConfig) {
    String given = notificationConfig.id();
    String id = given == null || given.isEmpty() ? taskId : given;
    PushNotificationConfig config =
        PushNotificationConfig.builder(notificationConfig).id(id).build();
    configs.update(
        PushConfigs.key(taskId), PushConfigs.NONE, found -> found.without(id).with(config));
    return config;
  }

  /**
   * Returns a page of a task's configurations, in the order in which they were set: all of them for
   * a page size below 1, from the first one on for a token that names none.
   */
  @Override
  public ListTaskPushNotificationConfigResult getInfo(ListTaskPushNotificationConfigParams params) {
    List<PushNotificationConfig> all =
        configs
            .find(PushConfigs.key(params.id()))
            .map(Versioned::value)
            .orElse(PushConfigs.NONE)
            .parsed();
    int size = params.pageSize() < 1 ? all.size() : params.pageSize();
    int from = params.pageSize() < 1 ? 0 : first(all, params.pageToken());
    int to = Math.min(all.size(), from + size);
    String next = to < all.size() ? all.get(to).id() : null;
    List<TaskPushNotificationConfig> page =
        all.subList(from, to).stream()
            .map(config -> new TaskPushNotificationConfig(params.id(), config, params.tenant()))
            .toList();
    return new ListTaskPushNotificationConfigResult(page, next);
  }

  private static int first(List<PushNotificationConfig> all, @Nullable String token) {
    for (int i = 0; i < all.size(); i++) {
      if (token != null && token.equals(all.get(i).id())) {
        return i;
      }
    }
    return 0;
  }

  /** Deletes a configuration, if there is one; without an id, the one with the task's. */
  @Override
  public void deleteInfo(String taskId, @Nullable String configId) {
    if (configs.find(PushConfigs.key(taskId)).isEmpty()) {
      return;
    }
    String id = configId == null ? taskId : configId;
    configs.update(PushConfigs.key(taskId), PushConfigs.NONE, found -> found.without(id));
  }
}
