package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Priority;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A queue of tasks. */
class TaskTest {

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  private static Map<String, Object> run(Task task) throws IOException {
    if (task.payload().containsKey("broken")) {
      throw new IOException("no connection");
    }
    return Map.of("type", task.type());
  }

  @Test
  void runsTasks() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Tasks tasks = persistence.tasks();
      UUID fetch = tasks.enqueue(NewTask.of("fetch", Map.of("city", "Rome")));
      UUID report =
          tasks.enqueue(
              NewTask.of("report", Map.of())
                  .withPriority(Priority.HIGH)
                  .withUniqueKey("report-2026-12-01") // once, even if repeated
                  .after(fetch)); // claimable when fetch has succeeded
      TaskClaim claim = TaskClaim.of("worker-1", List.of("fetch", "report")).withLimit(20);
      TaskWorker worker =
          tasks.startWorker(TaskWorker.Options.of(claim, 4), lease -> run(lease.task()));

      await().until(() -> tasks.find(report).orElseThrow().status() == Status.COMPLETED);
      worker.close();
      assertThat(tasks.find(fetch).orElseThrow().result()).contains(Map.of("type", "fetch"));
    }
  }

  @Test
  void enqueuesInATransaction() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent agent = Agent.of("reporter", "Ada");
      persistence
          .transactions()
          .execute(
              TransactionOptions.of(Boundary.SINGLE_OPERATION, "order a report"),
              tx -> {
                tx.agents().save(agent);
                tx.tasks().enqueue(NewTask.of("report", Map.of()).createdBy(agent.id()));
              }); // both or neither

      assertThat(persistence.tasks().find(TaskQuery.all().createdBy(agent.id()))).hasSize(1);
    }
  }

  @Test
  void claimsByHand() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Tasks tasks = persistence.tasks();
      UUID good = tasks.enqueue(NewTask.of("fetch", Map.of()));
      UUID bad = tasks.enqueue(NewTask.of("fetch", Map.of("broken", true)));
      TaskClaim claim = TaskClaim.of("worker-1", "fetch").withLimit(20);
      for (TaskLease lease : tasks.claim(claim)) {
        try {
          tasks.complete(lease, run(lease.task()));
        } catch (IOException e) {
          tasks.fail(lease, "no connection"); // again after 1 s, 2 s, 4 s and so on
        }
      }

      assertThat(tasks.find(good).orElseThrow().status()).isEqualTo(Status.COMPLETED);
      assertThat(tasks.find(bad).orElseThrow().error()).contains("no connection");
    }
  }
}
