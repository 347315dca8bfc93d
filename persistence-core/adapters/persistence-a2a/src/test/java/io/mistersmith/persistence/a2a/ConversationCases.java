package io.mistersmith.persistence.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import io.a2a.spec.ListTaskPushNotificationConfigParams;
import io.a2a.spec.Message;
import io.a2a.spec.PushNotificationConfig;
import io.a2a.spec.Task;
import io.a2a.spec.TaskState;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Tasks over a restart, with two writers, with long histories, limited and forgotten. */
abstract class ConversationCases extends StoreTests {

  private static final int LONG = 10_000;

  /** Returns how many messages each of two writers adds. */
  abstract int turns();

  private static Task get(PersistentTaskStore from, String id) {
    return Objects.requireNonNull(from.get(id));
  }

  private static List<Message> history(Task task) {
    return new ArrayList<>(Objects.requireNonNull(task.history()));
  }

  @Test
  void aTaskGoesOnAfterARestart() {
    Task task =
        with(task("t", TaskState.TASK_STATE_INPUT_REQUIRED), List.of(message("m1"), message("m2")));
    Persistence first = stores().open();
    PersistentTaskStore.of(first).save(task, false);
    first.close();
    PersistentTaskStore restarted = PersistentTaskStore.of(stores().open());
    Task found = get(restarted, "t");
    assertThat(found).isEqualTo(task);
    List<Message> more = history(found);
    more.add(message("answer"));
    restarted.save(with(found, more), false);
    assertThat(ids(get("t"))).containsExactly("m1", "m2", "answer");
  }

  @Test
  void theTenThousandthMessageIsOneMoreEntry() {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      messages.add(message("m" + i));
    }
    Task task = task("long", TaskState.TASK_STATE_WORKING);
    save(with(task, messages));
    long few = medianNanos(task, messages);
    for (int i = 0; i < LONG; i++) {
      messages.add(message("n" + i));
    }
    save(with(task, messages));
    Log<String> log = stores().runtime().log(Owners.task("long"), "history", History.TYPE);
    log.awaitDurable(log.version(), Duration.ofSeconds(60));
    long before = log.size();
    long many = medianNanos(task, messages);
    assertThat(log.size()).isEqualTo(before + 21);
    System.out.printf("save at 10: %d us, at %d: %d us%n", few / 1000, LONG, many / 1000);
    assertThat(ids(get(PersistentTaskStore.of(stores().another()), "long")))
        .isEqualTo(messages.stream().map(Message::messageId).toList());
  }

  private long medianNanos(Task task, List<Message> messages) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      messages.add(message("timed " + messages.size()));
      long start = System.nanoTime();
      save(with(task, messages));
      times.add(System.nanoTime() - start);
    }
    Collections.sort(times);
    return times.get(times.size() / 2);
  }

  @Test
  void twoWritersLoseAndReorderNothing() throws Exception {
    save(with(task("shared", TaskState.TASK_STATE_WORKING), List.of(message("start"))));
    PersistentTaskStore other = PersistentTaskStore.of(stores().another());
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (Future<Void> writer :
          pool.invokeAll(List.of(writer(store(), "a"), writer(other, "b")))) {
        writer.get();
      }
    } finally {
      pool.shutdown();
    }
    List<String> found = ids(get(PersistentTaskStore.of(stores().another()), "shared"));
    assertThat(found).hasSize(1 + 2 * turns());
    for (String name : List.of("a", "b")) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < turns(); i++) {
        expected.add(name + i);
      }
      assertThat(found.stream().filter(id -> id.startsWith(name))).isEqualTo(expected);
    }
  }

  private Callable<Void> writer(PersistentTaskStore to, String name) {
    return () -> {
      Task task = get(to, "shared");
      List<Message> messages = history(task);
      for (int i = 0; i < turns(); i++) {
        messages.add(message(name + i));
        to.save(with(task, messages), false);
      }
      return null;
    };
  }

  @Test
  void aHistoryThatIsChangedBeforeItsEndIsReplaced() {
    Task task = task("changed", TaskState.TASK_STATE_WORKING);
    save(with(task, List.of(message("m0"), message("m1"), message("m2"))));
    save(with(task, List.of(message("m1"), message("m2"))));
    save(with(task, List.of(message("m1"), message("m2"), message("m3"))));
    save(with(task, List.of(message("m3"))));
    assertThat(ids(get(PersistentTaskStore.of(stores().another()), "changed")))
        .containsExactly("m3");
    store().delete("changed");
    save(task);
    assertThat(ids(get("changed"))).isEmpty();
  }

  @Test
  void oldMessagesGo() {
    PersistentTaskStore keeping =
        PersistentTaskStore.builder(stores().runtime()).keep(Limits.entries(20)).build();
    Task task = task("kept", TaskState.TASK_STATE_WORKING);
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      messages.add(message("m" + i));
      keeping.save(with(task, messages), false);
    }
    List<String> kept = ids(get(PersistentTaskStore.of(stores().another()), "kept"));
    assertThat(kept.size()).isBetween(20, 40);
    assertThat(kept.get(kept.size() - 1)).isEqualTo("m99");
  }

  @Test
  void aForgottenContextHasNothing() {
    save(with(task("t1", TaskState.TASK_STATE_WORKING), List.of(message("m"))));
    save(task("t2", TaskState.TASK_STATE_COMPLETED));
    save(task("t3", "context-B", TaskState.TASK_STATE_WORKING));
    PersistentPushNotificationConfigStore configs =
        PersistentPushNotificationConfigStore.of(stores().runtime());
    PushNotificationConfig unused =
        configs.setInfo("t1", PushNotificationConfig.builder().url("http://a/b").build());
    assertThat(PersistentTaskStore.of(stores().another()).forgetContext("context")).isEqualTo(2);
    assertThat(store().get("t1")).isNull();
    assertThat(store().get("t3")).isNotNull();
    assertThat(configs.getInfo(new ListTaskPushNotificationConfigParams("t1")).configs()).isEmpty();
    assertThat(stores().runtime().log(Owners.task("t1"), "history", History.TYPE).size()).isZero();
  }
}
