package io.mistersmith.persistence.a2a;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.a2a.jsonrpc.common.wrappers.ListTasksResult;
import io.a2a.spec.Artifact;
import io.a2a.spec.InvalidParamsError;
import io.a2a.spec.ListTasksParams;
import io.a2a.spec.Task;
import io.a2a.spec.TaskState;
import io.a2a.spec.TaskStatus;
import io.a2a.spec.TextPart;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What A2A's InMemoryTaskStoreTest (the first four) and JpaDatabaseTaskStoreTest demand, each case
 * under the name that it has there.
 */
abstract class TaskCases extends StoreTests {

  private static ListTasksParams.Builder in(String context) {
    return ListTasksParams.builder().contextId(context).tenant("");
  }

  private ListTasksResult list(ListTasksParams.Builder params) {
    return store().list(params.build());
  }

  private static Task at(String id, OffsetDateTime time) {
    return Task.builder()
        .id(id)
        .contextId("context")
        .status(new TaskStatus(TaskState.TASK_STATE_WORKING, null, time))
        .build();
  }

  private static OffsetDateTime now() {
    return OffsetDateTime.now(ZoneOffset.UTC);
  }

  @Test
  void testSaveAndGet() {
    Task task = task("task-abc", TaskState.TASK_STATE_SUBMITTED);
    save(task);
    assertThat(get("task-abc")).isEqualTo(task);
  }

  @Test
  void testGetNonExistent() {
    assertThat(store().get("nonexistent")).isNull();
  }

  @Test
  void testDelete() {
    save(task("task-abc", TaskState.TASK_STATE_SUBMITTED));
    store().delete("task-abc");
    assertThat(store().get("task-abc")).isNull();
  }

  @Test
  void testDeleteNonExistent() {
    store().delete("non-existent");
  }

  @Test
  void testIsJpaDatabaseTaskStore() {
    assertThat(store()).isInstanceOf(io.a2a.server.tasks.TaskStore.class);
  }

  @Test
  void testSaveAndRetrieveTask() {
    save(task("test-task-1", TaskState.TASK_STATE_SUBMITTED));
    Task retrieved = get("test-task-1");
    assertThat(retrieved.id()).isEqualTo("test-task-1");
    assertThat(retrieved.contextId()).isEqualTo("context");
    assertThat(retrieved.status().state()).isEqualTo(TaskState.TASK_STATE_SUBMITTED);
  }

  @Test
  void testSaveAndRetrieveTaskWithHistory() {
    save(with(task("test-task-2", TaskState.TASK_STATE_WORKING), List.of(message("msg-1"))));
    Task retrieved = get("test-task-2");
    assertThat(retrieved.status().state()).isEqualTo(TaskState.TASK_STATE_WORKING);
    assertThat(retrieved.history()).containsExactly(message("msg-1"));
  }

  @Test
  void testUpdateExistingTask() {
    save(task("test-task-3", TaskState.TASK_STATE_SUBMITTED));
    save(task("test-task-3", TaskState.TASK_STATE_COMPLETED));
    assertThat(get("test-task-3").status().state()).isEqualTo(TaskState.TASK_STATE_COMPLETED);
  }

  @Test
  void testGetNonExistentTask() {
    assertThat(store().get("non-existent-task")).isNull();
  }

  @Test
  void testDeleteTask() {
    save(task("test-task-4", TaskState.TASK_STATE_SUBMITTED));
    assertThat(store().get("test-task-4")).isNotNull();
    store().delete("test-task-4");
    assertThat(store().get("test-task-4")).isNull();
  }

  @Test
  void testDeleteNonExistentTask() {
    store().delete("non-existent-task");
  }

  @Test
  void testTaskWithComplexMetadata() {
    Map<String, Object> metadata = Map.of("key1", "value1", "key2", 42, "key3", true);
    save(
        Task.builder(task("test-task-5", TaskState.TASK_STATE_SUBMITTED))
            .metadata(metadata)
            .build());
    Map<String, Object> found = get("test-task-5").metadata();
    assertThat(found).containsEntry("key1", "value1").containsEntry("key3", true);
    assertThat(found)
        .hasEntrySatisfying("key2", v -> assertThat(((Number) v).intValue()).isEqualTo(42));
  }

  @Test
  void testIsTaskActiveForNonFinalTask() {
    save(task("active-1", TaskState.TASK_STATE_WORKING));
    assertThat(store().isTaskActive("active-1")).isTrue();
    assertThat(store().isTaskFinalized("active-1")).isFalse();
  }

  @Test
  void testIsTaskActiveForFinalTaskWithinGracePeriod() {
    save(task("active-2", TaskState.TASK_STATE_WORKING));
    save(task("active-2", TaskState.TASK_STATE_COMPLETED));
    clock.advance(Duration.ofSeconds(14));
    assertThat(store().isTaskActive("active-2")).isTrue();
    assertThat(store().isTaskFinalized("active-2")).isTrue();
  }

  @Test
  void testIsTaskActiveForFinalTaskBeyondGracePeriod() {
    save(task("active-3", TaskState.TASK_STATE_COMPLETED));
    clock.advance(Duration.ofSeconds(10));
    save(task("active-3", TaskState.TASK_STATE_COMPLETED)); // does not begin the period again
    clock.advance(Duration.ofSeconds(10));
    assertThat(store().isTaskActive("active-3")).isFalse();
  }

  @Test
  void testIsTaskActiveForNonExistentTask() {
    assertThat(store().isTaskActive("non-existent-task")).isFalse();
    assertThat(store().isTaskFinalized("non-existent-task")).isFalse();
  }

  @Test
  void testListTasksEmpty() {
    ListTasksResult result = list(in("non-existent-context-12345"));
    assertThat(result.totalSize()).isZero();
    assertThat(result.pageSize()).isZero();
    assertThat(result.tasks()).isEmpty();
    assertThat(result.nextPageToken()).isNull();
  }

  @Test
  void testListTasksFilterByContextId() {
    save(task("task-1", "context-A", TaskState.TASK_STATE_SUBMITTED));
    save(task("task-2", "context-A", TaskState.TASK_STATE_WORKING));
    save(task("task-3", "context-B", TaskState.TASK_STATE_COMPLETED));
    ListTasksResult result = list(in("context-A"));
    assertThat(result.totalSize()).isEqualTo(2);
    assertThat(result.pageSize()).isEqualTo(2);
    assertThat(result.tasks()).hasSize(2).allMatch(task -> task.contextId().equals("context-A"));
    assertThat(list(ListTasksParams.builder().tenant("")).tasks())
        .extracting(Task::id)
        .contains("task-1", "task-2", "task-3");
  }

  @Test
  void testListTasksFilterByStatus() {
    save(task("task-1", TaskState.TASK_STATE_SUBMITTED));
    save(task("task-2", TaskState.TASK_STATE_WORKING));
    save(task("task-3", TaskState.TASK_STATE_COMPLETED));
    ListTasksResult result = list(in("context").status(TaskState.TASK_STATE_WORKING));
    assertThat(result.totalSize()).isEqualTo(1);
    assertThat(result.pageSize()).isEqualTo(1);
    assertThat(result.tasks()).extracting(Task::id).containsExactly("task-2");
  }

  @Test
  void testListTasksCombinedFilters() {
    save(task("task-1", "context-A", TaskState.TASK_STATE_SUBMITTED));
    save(task("task-2", "context-A", TaskState.TASK_STATE_WORKING));
    save(task("task-3", "context-B", TaskState.TASK_STATE_WORKING));
    ListTasksResult result = list(in("context-A").status(TaskState.TASK_STATE_WORKING));
    assertThat(result.totalSize()).isEqualTo(1);
    assertThat(result.tasks()).extracting(Task::id).containsExactly("task-2");
  }

  @Test
  void testListTasksPagination() {
    OffsetDateTime same = now();
    for (int i = 1; i <= 5; i++) {
      save(at("task-page-" + i, same));
    }
    ListTasksResult first = list(in("context").pageSize(2));
    assertThat(first.totalSize()).isEqualTo(5);
    assertThat(first.pageSize()).isEqualTo(2);
    ListTasksResult second = list(in("context").pageSize(2).pageToken(first.nextPageToken()));
    assertThat(second.totalSize()).isEqualTo(5);
    assertThat(second.pageSize()).isEqualTo(2);
    ListTasksResult third = list(in("context").pageSize(2).pageToken(second.nextPageToken()));
    assertThat(third.totalSize()).isEqualTo(5);
    assertThat(third.pageSize()).isEqualTo(1);
    assertThat(third.nextPageToken()).isNull();
  }

  @Test
  void testListTasksPaginationWithDifferentTimestamps() {
    OffsetDateTime now = now();
    save(at("task-diff-a", now.minusMinutes(10)));
    save(at("task-diff-b", now.minusMinutes(5)));
    save(at("task-diff-c", now.minusMinutes(5)));
    save(at("task-diff-d", now));
    save(at("task-diff-e", now.minusMinutes(1)));
    ListTasksResult first = list(in("context").pageSize(2));
    assertThat(first.nextPageToken()).matches("\\d+:task-diff-e");
    ListTasksResult second = list(in("context").pageSize(2).pageToken(first.nextPageToken()));
    ListTasksResult third = list(in("context").pageSize(2).pageToken(second.nextPageToken()));
    List<Task> all = new ArrayList<>(first.tasks());
    all.addAll(second.tasks());
    all.addAll(third.tasks());
    assertThat(all)
        .extracting(Task::id)
        .containsExactly("task-diff-d", "task-diff-e", "task-diff-b", "task-diff-c", "task-diff-a");
    assertThat(third.nextPageToken()).isNull();
  }

  @Test
  void testListTasksHistoryLimiting() {
    save(
        with(
            task("task-1", TaskState.TASK_STATE_WORKING),
            IntStream.rangeClosed(1, 10).mapToObj(i -> message("msg-" + i)).toList()));
    assertThat(ids(list(in("context").historyLength(3)).tasks().get(0)))
        .containsExactly("msg-8", "msg-9", "msg-10");
    assertThat(ids(list(in("context")).tasks().get(0))).isEmpty();
  }

  @Test
  void testListTasksArtifactInclusion() {
    Artifact artifact =
        Artifact.builder()
            .artifactId("artifact-1")
            .name("test-artifact")
            .parts(List.of(new TextPart("Artifact content")))
            .build();
    save(
        Task.builder(task("task-1", TaskState.TASK_STATE_COMPLETED))
            .artifacts(List.of(artifact))
            .build());
    assertThat(list(in("context")).tasks().get(0).artifacts()).isEmpty();
    assertThat(list(in("context").includeArtifacts(true)).tasks().get(0).artifacts())
        .containsExactly(artifact);
  }

  @Test
  void testListTasksDefaultPageSize() {
    for (int i = 1; i <= 100; i++) {
      save(task("task-%03d".formatted(i), TaskState.TASK_STATE_SUBMITTED));
    }
    ListTasksResult result = list(in("context"));
    assertThat(result.totalSize()).isEqualTo(100);
    assertThat(result.pageSize()).isEqualTo(50);
    assertThat(result.nextPageToken()).isNotNull();
  }

  @Test
  void testListTasksInvalidPageTokenFormat() {
    save(task("task-1", TaskState.TASK_STATE_WORKING));
    assertThatThrownBy(() -> list(in("context").pageToken("task-1")))
        .isInstanceOf(InvalidParamsError.class)
        .hasMessageContaining("Invalid pageToken format");
    assertThatThrownBy(() -> list(in("context").pageToken("not-a-number:task-id")))
        .isInstanceOf(InvalidParamsError.class)
        .hasMessageContaining("timestamp must be numeric");
  }

  @Test
  void testListTasksOrderingById() {
    OffsetDateTime same = now();
    save(at("task-order-c", same));
    save(at("task-order-a", same));
    save(at("task-order-b", same));
    assertThat(list(in("context")).tasks())
        .extracting(Task::id)
        .containsExactly("task-order-a", "task-order-b", "task-order-c");
  }
}
