package io.mistersmith.persistence.a2a;

import io.a2a.spec.Message;
import io.a2a.spec.Task;
import io.a2a.spec.TaskState;
import io.a2a.spec.TaskStatus;
import io.a2a.spec.TextPart;
import io.mistersmith.persistence.testkit.SharedStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** Two runtimes over the same stores, which stand for two processes; and tasks. */
abstract class StoreTests {

  final ManualClock clock = ManualClock.create();
  private @Nullable PersistentTaskStore opened;

  /** Returns the stores; a runtime over them stands for a process. */
  abstract SharedStores stores();

  @BeforeEach
  void openStore() {
    opened = PersistentTaskStore.builder(stores().runtime()).clock(clock).build();
    for (String context : List.of("context", "context-A", "context-B")) {
      int unused = store().forgetContext(context);
    }
  }

  PersistentTaskStore store() {
    return Objects.requireNonNull(opened);
  }

  static Task task(String id, TaskState state) {
    return task(id, "context", state);
  }

  static Task task(String id, String context, TaskState state) {
    return Task.builder().id(id).contextId(context).status(new TaskStatus(state)).build();
  }

  static Task with(Task task, List<Message> history) {
    return Task.builder(task).history(history).build();
  }

  void save(Task task) {
    store().save(task, false);
  }

  Task get(String id) {
    return Objects.requireNonNull(store().get(id));
  }

  static Message message(String id) {
    return Message.builder()
        .role(Message.Role.ROLE_USER)
        .parts(List.of(new TextPart("text of " + id)))
        .messageId(id)
        .build();
  }

  static List<String> ids(Task task) {
    return Objects.requireNonNull(task.history()).stream().map(Message::messageId).toList();
  }
}
