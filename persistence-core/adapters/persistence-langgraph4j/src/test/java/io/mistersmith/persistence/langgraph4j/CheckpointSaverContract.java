package io.mistersmith.persistence.langgraph4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bsc.langgraph4j.StateGraph.END;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.langgraph4j.Graphs.Format;
import io.mistersmith.persistence.langgraph4j.Graphs.Notes;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.bsc.langgraph4j.CompiledGraph;
import org.bsc.langgraph4j.GraphInput;
import org.bsc.langgraph4j.RunnableConfig;
import org.bsc.langgraph4j.action.InterruptionMetadata;
import org.bsc.langgraph4j.checkpoint.BaseCheckpointSaver;
import org.bsc.langgraph4j.checkpoint.Checkpoint;
import org.bsc.langgraph4j.state.StateSnapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What LangGraph4j's savers are held to, and what this one promises beyond. */
abstract class CheckpointSaverContract {

  private final RunnableConfig config =
      RunnableConfig.builder().threadId("thread-" + UUID.randomUUID()).build();

  abstract SharedStores stores();

  private BaseCheckpointSaver saver(Format format) {
    return PersistentCheckpointSaver.of(stores().runtime(), format.serializer);
  }

  private static Checkpoint checkpoint(String node) {
    return Checkpoint.builder()
        .nodeId(node)
        .nextNodeId("next")
        .state(Map.of("messages", List.of(node)))
        .build();
  }

  // AbstractCheckpointSaverTest

  @ParameterizedTest
  @EnumSource(Format.class)
  void testCheckpointWithInterruption(Format format) throws Exception {
    Object first =
        Graphs.twoNodes(format, saver(format)).stream(GraphInput.noArgs(), config)
            .toCompletableFuture()
            .join();
    assertThat(first).isInstanceOf(InterruptionMetadata.class);
    assertThat(((Notes) ((InterruptionMetadata<?>) first).state()).messages())
        .containsExactly("agent_1");
    Object second =
        Graphs.twoNodes(format, saver(format)).stream(GraphInput.resume(), config)
            .toCompletableFuture()
            .join();
    assertThat(second).isInstanceOf(BaseCheckpointSaver.Tag.class);
    Checkpoint last =
        ((BaseCheckpointSaver.Tag) second).checkpoints().stream().findFirst().orElseThrow();
    assertThat(new Notes(last.getState()).messages()).containsExactly("agent_1", "agent_2");
  }

  @ParameterizedTest
  @EnumSource(Format.class)
  void testCheckpointWithReleasedThread(Format format) throws Exception {
    CompiledGraph<Notes> graph = Graphs.oneNode(format, saver(format), true);
    RunnableConfig any = RunnableConfig.builder().build();
    assertThat(graph.invoke(GraphInput.args(Map.of("input", "test1")), any)).isPresent();
    assertThat(graph.getStateHistory(any)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Format.class)
  void testCheckpointWithNotReleasedThread(Format format) throws Exception {
    CompiledGraph<Notes> graph = Graphs.oneNode(format, saver(format), false);
    assertThat(graph.invoke(GraphInput.args(Map.of("input", "test1")), config)).isPresent();
    assertThat(graph.getStateHistory(config)).hasSize(2);
    StateSnapshot<Notes> last = graph.lastStateOf(config).orElseThrow();
    assertThat(last.node()).isEqualTo("agent_1");
    assertThat(last.next()).isEqualTo(END);

    RunnableConfig updated = graph.updateState(last.config(), Map.of("update", "update test"));
    assertUpdated(graph.stateOf(updated).orElseThrow());

    BaseCheckpointSaver reloaded = saver(format);
    graph = Graphs.oneNode(format, reloaded, false);
    assertThat(graph.getStateHistory(config)).hasSize(2);
    assertUpdated(graph.stateOf(updated).orElseThrow());
    BaseCheckpointSaver.Tag tag = reloaded.release(config);
    assertThat(tag.checkpoints()).hasSize(2);
    assertThat(graph.getStateHistory(config)).isEmpty();
  }

  private static void assertUpdated(StateSnapshot<Notes> snapshot) {
    assertThat(snapshot.node()).isEqualTo("agent_1");
    assertThat(snapshot.next()).isEqualTo(END);
    assertThat(snapshot.state().value("update")).contains("update test");
  }

  @ParameterizedTest
  @EnumSource(Format.class)
  void testIssue333(Format format) {
    assertThat(saver(format).list(config)).isEmpty();
    assertThat(saver(format).list(config)).isEmpty();
  }

  // What this saver promises beyond

  @Test
  void replacesACheckpointInItsPlace() throws Exception {
    BaseCheckpointSaver saver = saver(Format.BINARY);
    RunnableConfig first = saver.put(config, checkpoint("a"));
    RunnableConfig second = saver.put(config, checkpoint("b"));
    String firstId = first.checkPointId().orElseThrow();
    saver.put(
        first,
        Checkpoint.builder().id(firstId).nodeId("c").nextNodeId("n").state(Map.of()).build());
    assertThat(saver.list(config)).extracting(Checkpoint::getNodeId).containsExactly("b", "c");
    assertThat(saver.get(config)).get().extracting(Checkpoint::getNodeId).isEqualTo("b");
    assertThat(saver.get(first)).get().extracting(Checkpoint::getNodeId).isEqualTo("c");
    String secondId = second.checkPointId().orElseThrow();
    saver.put(
        second,
        Checkpoint.builder().id(secondId).nodeId("d").nextNodeId("n").state(Map.of()).build());
    assertThat(saver.get(config)).get().extracting(Checkpoint::getNodeId).isEqualTo("d");
    assertThat(saver.list(config)).extracting(Checkpoint::getNodeId).containsExactly("d", "c");
  }

  @Test
  void refusesToReplaceAnUnknownCheckpoint() {
    RunnableConfig unknown = RunnableConfig.builder(config).checkPointId("none").build();
    assertThatThrownBy(() -> saver(Format.BINARY).put(unknown, checkpoint("a")))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("Checkpoint with id none not found!");
  }

  @Test
  void continuesInAnotherProcessWhereAHumanInterrupted() throws Exception {
    try (Persistence first = stores().open()) {
      BaseCheckpointSaver saver = PersistentCheckpointSaver.of(first, Format.JSON.serializer);
      Object unused =
          Graphs.twoNodes(Format.JSON, saver).stream(GraphInput.noArgs(), config)
              .toCompletableFuture()
              .join();
    }
    CompiledGraph<Notes> graph = Graphs.twoNodes(Format.JSON, saver(Format.JSON));
    assertThat(graph.lastStateOf(config).orElseThrow().next()).isEqualTo("agent_2");
    assertThat(graph.invoke(GraphInput.resume(), config).orElseThrow().messages())
        .containsExactly("agent_1", "agent_2");
  }

  @Test
  void twoProcessesLoseNothing() {
    BaseCheckpointSaver other =
        PersistentCheckpointSaver.of(stores().another(), Format.BINARY.serializer);
    CompletableFuture<Void> second = CompletableFuture.runAsync(() -> putMany(other, "b", 40));
    putMany(saver(Format.BINARY), "a", 40);
    second.join();
    for (String writer : List.of("a", "b")) {
      List<String> expected = new ArrayList<>();
      for (int i = 39; i >= 0; i--) {
        expected.add(writer + i);
      }
      assertThat(saver(Format.BINARY).list(config))
          .hasSize(80)
          .extracting(Checkpoint::getNodeId)
          .containsSubsequence(expected);
    }
  }

  private void putMany(BaseCheckpointSaver saver, String name, int count) {
    for (int i = 0; i < count; i++) {
      try {
        RunnableConfig unused = saver.put(config, checkpoint(name + i));
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void limitsTheCheckpointsOfAThread() {
    BaseCheckpointSaver saver =
        PersistentCheckpointSaver.builder(stores().runtime(), Format.BINARY.serializer)
            .limits(Limits.entries(20))
            .build();
    putMany(saver, "n", 100);
    assertThat(saver.list(config)).hasSizeBetween(20, 40);
    assertThat(saver.get(config)).get().extracting(Checkpoint::getNodeId).isEqualTo("n99");
  }

  @Test
  void readsTheLatestOfFiveHundredAsFastAsOfTen() {
    BaseCheckpointSaver saver = saver(Format.BINARY);
    putMany(saver, "n", 10);
    long few = median(saver);
    putMany(saver, "m", 490);
    long many = median(saver);
    System.out.printf(
        "langgraph4j: latest of 10 checkpoints %d us, of 500 %d us (%s)%n",
        few / 1_000, many / 1_000, getClass().getSimpleName());
    assertThat(saver.list(config)).hasSize(500);
    assertThat(many).isLessThan(3 * few + 1_000_000);
  }

  private long median(BaseCheckpointSaver saver) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      long start = System.nanoTime();
      assertThat(saver.get(config)).isPresent();
      times.add(System.nanoTime() - start);
    }
    Collections.sort(times);
    return times.get(50);
  }
}
