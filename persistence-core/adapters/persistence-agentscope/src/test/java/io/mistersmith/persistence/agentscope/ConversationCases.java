package io.mistersmith.persistence.agentscope;

import static org.assertj.core.api.Assertions.assertThat;

import io.agentscope.core.message.Msg;
import io.agentscope.core.message.ToolResultBlock;
import io.agentscope.core.message.ToolUseBlock;
import io.agentscope.core.state.AgentState;
import io.agentscope.core.state.AgentStateStore;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Conversations: what is appended, replaced, kept, and found by another process. */
abstract class ConversationCases extends StoreTests {

  private static final int LONG = 10_000;

  /** Returns how many turns each of two writers has. */
  abstract int turns();

  private static List<Msg> read(AgentStateStore from, String session) {
    return from.getList("user", session, "memory_messages", Msg.class);
  }

  private static void save(AgentStateStore to, String session, List<Msg> messages) {
    to.save("user", session, "memory_messages", new ArrayList<>(messages));
  }

  @Test
  void anAgentGoesOnAfterARestart() {
    AgentState state = AgentState.builder().sessionId("s").userId("user").summary("so far").build();
    state.contextMutable().addAll(List.of(message("book it"), call("c1")));
    Persistence first = stores().open();
    PersistentAgentStateStore.of(first).save("user", "s", "agent_state", state);
    first.close();

    AgentStateStore restarted = PersistentAgentStateStore.of(stores().open());
    AgentState found = restarted.get("user", "s", "agent_state", AgentState.class).orElseThrow();
    assertThat(found.getSummary()).isEqualTo("so far");
    assertThat(found.getReplyId()).isEqualTo(state.getReplyId());
    assertThat(found.getContext()).hasSize(2);
    found.contextMutable().add(result("c1"));
    restarted.save("user", "s", "agent_state", found);
    assertThat(store().get("user", "s", "agent_state", AgentState.class).orElseThrow().getContext())
        .hasSize(3);
  }

  @Test
  void theTenThousandthMessageIsOneMoreEntry() {
    List<Msg> messages = messages(10);
    save(store(), "long", messages);
    long few = medianNanos("long", messages);
    messages.addAll(messages(LONG));
    save(store(), "long", messages);
    long before = entries("long", "memory_messages");
    long many = medianNanos("long", messages);
    assertThat(entries("long", "memory_messages")).isEqualTo(before + 21);
    System.out.printf("append at 10: %d us, at %d: %d us%n", few / 1000, LONG, many / 1000);
    assertThat(texts(read(PersistentAgentStateStore.of(stores().another()), "long")))
        .isEqualTo(texts(messages));
  }

  /** Appends 21 messages, one a save. */
  private long medianNanos(String session, List<Msg> messages) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      messages.add(message("timed " + i));
      long start = System.nanoTime();
      save(store(), session, messages);
      times.add(System.nanoTime() - start);
    }
    Collections.sort(times);
    return times.get(times.size() / 2);
  }

  @Test
  void aListThatIsChangedBeforeItsEndIsReplaced() {
    List<Msg> messages = messages(5);
    save(store(), "changed", messages);
    messages.remove(1);
    save(store(), "changed", messages);
    messages.add(message("after"));
    save(store(), "changed", messages);
    messages.remove(0);
    save(store(), "changed", messages);
    save(store(), "changed", List.of());
    AgentStateStore other = PersistentAgentStateStore.of(stores().another());
    assertThat(read(other, "changed")).isEmpty();
    save(store(), "changed", messages);
    assertThat(texts(read(other, "changed"))).containsExactly("m2", "m3", "m4", "after");
  }

  @Test
  void aLongListIsReplacedWhole() {
    List<Msg> messages = messages(3_000);
    save(store(), "replaced", messages);
    AgentStateStore other = PersistentAgentStateStore.of(stores().another());
    assertThat(read(other, "replaced")).hasSize(3_000);
    messages.remove(0);
    save(store(), "replaced", messages);
    assertThat(texts(read(other, "replaced"))).isEqualTo(texts(messages));
    messages.remove(0);
    save(store(), "replaced", messages);
    assertThat(texts(read(other, "replaced"))).isEqualTo(texts(messages));
    store().delete("user", "replaced");
    assertThat(read(PersistentAgentStateStore.of(stores().another()), "replaced")).isEmpty();
  }

  @Test
  void aReplacementKeepsWhatAnotherProcessAppended() {
    List<Msg> mine = messages(3);
    save(store(), "both", mine);
    AgentStateStore other = PersistentAgentStateStore.of(stores().another());
    List<Msg> theirs = new ArrayList<>(read(other, "both"));
    theirs.add(message("theirs"));
    save(other, "both", theirs);
    mine.remove(0);
    save(store(), "both", mine);
    mine.remove(0);
    save(store(), "both", mine);
    assertThat(texts(read(other, "both"))).containsExactly("m2", "theirs");
  }

  @Test
  void twoWritersLoseAndReorderNothing() throws Exception {
    save(store(), "shared", List.of(message("start")));
    AgentStateStore other = PersistentAgentStateStore.of(stores().another());
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Callable<Void>> writers = List.of(writer(store(), "a"), writer(other, "b"));
      for (Future<Void> writer : pool.invokeAll(writers)) {
        writer.get();
      }
    } finally {
      pool.shutdown();
    }
    List<String> found = texts(read(PersistentAgentStateStore.of(stores().another()), "shared"));
    assertThat(found).hasSize(1 + 2 * turns());
    for (String name : List.of("a", "b")) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < turns(); i++) {
        expected.add(name + i);
      }
      assertThat(found.stream().filter(text -> text.startsWith(name))).isEqualTo(expected);
    }
  }

  private Callable<Void> writer(AgentStateStore to, String name) {
    return () -> {
      List<Msg> messages = new ArrayList<>(read(to, "shared"));
      for (int i = 0; i < turns(); i++) {
        messages.add(message(name + i));
        save(to, "shared", messages);
      }
      return null;
    };
  }

  @Test
  void aResultIsReadRightAfterItsCall() {
    List<Msg> mine = new ArrayList<>(List.of(message("q"), call("c1")));
    save(store(), "beside", mine);
    AgentStateStore other = PersistentAgentStateStore.of(stores().another());
    List<Msg> theirs = new ArrayList<>(read(other, "beside"));
    theirs.add(message("theirs"));
    save(other, "beside", theirs);
    mine.add(result("c1"));
    save(store(), "beside", mine);
    List<Msg> found = read(other, "beside");
    assertThat(found).hasSize(4);
    assertThat(found.get(2).getContentBlocks(ToolResultBlock.class)).hasSize(1);
    assertThat(found.get(3).getTextContent()).isEqualTo("theirs");
    found = new ArrayList<>(found);
    found.add(message("after"));
    save(other, "beside", found);
    assertThat(texts(read(store(), "beside"))).endsWith("theirs", "after").hasSize(5);
  }

  @Test
  void oldMessagesGoAndCallsStayWithTheirResults() {
    PersistentAgentStateStore keeping =
        PersistentAgentStateStore.builder(stores().runtime()).keep(Limits.entries(20)).build();
    List<Msg> messages = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      messages.add(call("c" + i));
      save(keeping, "kept", messages);
      messages.add(result("c" + i));
      save(keeping, "kept", messages);
    }
    List<Msg> kept = read(PersistentAgentStateStore.of(stores().another()), "kept");
    assertThat(kept.size()).isBetween(20, 40);
    assertThat(kept.get(kept.size() - 1).getContentBlocks(ToolResultBlock.class)).hasSize(1);
    assertThat(kept.get(0).getContentBlocks(ToolUseBlock.class)).hasSize(1);
  }

  @Test
  void aForgottenUserHasNothing() {
    save(store(), "s1", messages(3));
    store().save("user", "s2", "agent_state", AgentState.builder().addMessage(call("c")).build());
    store().save("other", "s1", "agent_state", AgentState.builder().build());
    PersistentAgentStateStore elsewhere = PersistentAgentStateStore.of(stores().another());
    assertThat(elsewhere.forgetUser("user")).isEqualTo(2);
    assertThat(store().exists("user", "s1")).isFalse();
    assertThat(read(store(), "s1")).isEmpty();
    assertThat(store().get("user", "s2", "agent_state", AgentState.class)).isEmpty();
    assertThat(entries("s1", "memory_messages")).isZero();
    assertThat(store().exists("other", "s1")).isTrue();
    save(store(), "s1", List.of(message("again")));
    assertThat(elsewhere.listSessionIds("user")).containsExactly("s1");
    store().forgetUser("other");
  }

  @Test
  void aStateIsDeletedWithItsMessages() {
    AgentState state = AgentState.builder().addMessage(message("old")).build();
    store().save("user", "one", "agent_state", state);
    store().delete("user", "one", "agent_state");
    store().save("user", "one", "agent_state", AgentState.builder().build());
    assertThat(
            store().get("user", "one", "agent_state", AgentState.class).orElseThrow().getContext())
        .isEmpty();
  }
}
