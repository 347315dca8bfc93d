package io.mistersmith.persistence.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.StateType.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;

/** What this repository promises beyond Spring AI's own. */
abstract class ConversationSuite extends StoresTestCase {

  private PersistentChatMemoryRepository repository;
  private String conversation;

  @BeforeAll
  void makeRepository() {
    repository = PersistentChatMemoryRepository.of(persistence);
  }

  @BeforeEach
  void nameConversation() {
    conversation = UUID.randomUUID().toString();
  }

  private static ChatMemory window(PersistentChatMemoryRepository repository, int most) {
    return MessageWindowChatMemory.builder()
        .chatMemoryRepository(repository)
        .maxMessages(most)
        .build();
  }

  private static List<Message> users(int from, int to) {
    return IntStream.range(from, to).<Message>mapToObj(i -> new UserMessage("m" + i)).toList();
  }

  /** Reads as a process does that has nothing in memory. */
  private List<Message> read() {
    return PersistentChatMemoryRepository.of(persistence).findByConversationId(conversation);
  }

  /** What another thread does between the read of this one and its save. */
  private static void inAnotherThread(Runnable work) {
    CompletableFuture.runAsync(work).join();
  }

  @Test
  void slidesAWindow() {
    ChatMemory memory = window(repository, 6);
    SystemMessage system = new SystemMessage("Be brief.");
    memory.add(conversation, system);
    for (int i = 0; i < 150; i++) {
      memory.add(conversation, new UserMessage("m" + i));
    }
    List<Message> expected = new ArrayList<>(List.of(system));
    expected.addAll(users(145, 150));
    assertThat(memory.get(conversation)).isEqualTo(expected);
    assertThat(read()).isEqualTo(expected);
    assertThat(turns(conversation)).as("turns that are kept").isLessThan(100);
  }

  private long turns(String id) {
    return persistence
        .log(
            AgentId.external(id),
            "chat-memory",
            StateType.of("spring-ai-chat", new Token<Map<String, Object>>() {}))
        .size();
  }

  @Test
  void replacesWhenTheMiddleChanges() {
    repository.saveAll(conversation, users(0, 10));
    List<Message> changed = new ArrayList<>(repository.findByConversationId(conversation));
    changed.set(4, new AssistantMessage("other"));
    changed.remove(7);
    repository.saveAll(conversation, changed);
    assertThat(read()).isEqualTo(changed);
    repository.saveAll(conversation, List.of());
    assertThat(read()).isEmpty();
  }

  @Test
  void doesNotTakeAChangedMessageForTheSame() {
    repository.saveAll(conversation, users(0, 3));
    List<Message> given = repository.findByConversationId(conversation);
    given.get(1).getMetadata().put("seen", true);
    assertThat(repository.findByConversationId(conversation)).isEqualTo(users(0, 3));
    given = repository.findByConversationId(conversation);
    given.get(1).getMetadata().put("seen", true);
    repository.saveAll(conversation, given);
    assertThat(read().get(1).getMetadata()).containsEntry("seen", true);
  }

  @Test
  void continuesAfterARestart() {
    Persistence first = openAnother();
    window(PersistentChatMemoryRepository.of(first), 20).add(conversation, users(0, 3));
    first.close();
    PersistentChatMemoryRepository again = PersistentChatMemoryRepository.of(openAnother());
    assertThat(again.findConversationIds()).contains(conversation);
    window(again, 20).add(conversation, users(3, 5));
    assertThat(read()).isEqualTo(users(0, 5));
  }

  @Test
  void keepsWhatAnotherWriterAdded() {
    PersistentChatMemoryRepository other = PersistentChatMemoryRepository.of(openAnother());
    List<Message> mine = new ArrayList<>(repository.findByConversationId(conversation));
    inAnotherThread(() -> other.saveAll(conversation, users(0, 2)));
    mine.addAll(users(2, 3));
    repository.saveAll(conversation, mine);
    assertThat(read()).isEqualTo(users(0, 3));

    List<Message> read = new ArrayList<>(repository.findByConversationId(conversation));
    inAnotherThread(() -> window(other, 3).add(conversation, users(3, 5))); // drops the first two
    read.addAll(users(5, 6));
    repository.saveAll(conversation, read);
    assertThat(read()).containsAll(users(2, 6)).endsWith(users(3, 6).toArray(Message[]::new));
  }

  @Test
  void losesNothingWhenItTrustsMemory() {
    PersistentChatMemoryRepository trusting =
        PersistentChatMemoryRepository.builder(persistence)
            .trustMemory(Duration.ofHours(1))
            .build();
    ChatMemory memory = window(trusting, 20);
    memory.add(conversation, users(0, 2));
    PersistentChatMemoryRepository other = PersistentChatMemoryRepository.of(openAnother());
    inAnotherThread(() -> window(other, 20).add(conversation, users(2, 3)));
    assertThat(memory.get(conversation)).isEqualTo(users(0, 2)); // from memory
    memory.add(conversation, users(3, 4));
    assertThat(memory.get(conversation)).isEqualTo(users(0, 4));
    assertThat(read()).isEqualTo(users(0, 4));
  }

  @Test
  void twoProcessesLoseAndReorderNothing() throws Exception {
    int turns = 100;
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (String writer : List.of("a", "b")) {
      ChatMemory memory = window(PersistentChatMemoryRepository.of(openAnother()), 10_000);
      writers.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < turns; i++) {
                  String call = writer + i;
                  memory.add(
                      conversation,
                      List.of(
                          new UserMessage(call),
                          AssistantMessage.builder()
                              .content("")
                              .toolCalls(List.of(new ToolCall(call, "function", "f", "{}")))
                              .build()));
                  memory.add(
                      conversation,
                      ToolResponseMessage.builder()
                          .responses(List.of(new ToolResponse(call, "f", "done")))
                          .build());
                }
              }));
    }
    for (CompletableFuture<Void> writer : writers) {
      writer.get();
    }
    List<Message> all = read();
    assertThat(all).hasSize(2 * turns * 3);
    for (String writer : List.of("a", "b")) {
      List<String> asked =
          all.stream()
              .filter(message -> message instanceof UserMessage)
              .map(Message::getText)
              .filter(text -> text.startsWith(writer))
              .toList();
      assertThat(asked).isEqualTo(IntStream.range(0, turns).mapToObj(i -> writer + i).toList());
    }
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof ToolResponseMessage result) {
        AssistantMessage caller = (AssistantMessage) all.get(i - 1);
        assertThat(caller.getToolCalls().get(0).id()).isEqualTo(result.getResponses().get(0).id());
      }
    }
  }

  @Test
  void holdsTenThousandMessages() {
    List<Message> messages = users(0, 10_000);
    repository.saveAll(conversation, messages);
    List<Message> given = new ArrayList<>(repository.findByConversationId(conversation));
    assertThat(given).isEqualTo(messages);
    given.add(new AssistantMessage("one more"));
    repository.saveAll(conversation, given);
    assertThat(read()).isEqualTo(given);
    assertThat(turns(conversation)).isLessThan(20);
  }

  @Test
  void deletesAndBeginsAnew() {
    PersistentChatMemoryRepository other = PersistentChatMemoryRepository.of(openAnother());
    repository.saveAll(conversation, users(0, 5));
    List<Message> given = new ArrayList<>(other.findByConversationId(conversation));
    inAnotherThread(() -> repository.deleteByConversationId(conversation));
    assertThat(turns(conversation)).as("one mark without a message").isEqualTo(1);
    inAnotherThread(
        () -> assertThat(repository.findConversationIds()).doesNotContain(conversation));
    given.addAll(users(5, 6));
    other.saveAll(conversation, given); // it did not see the end
    assertThat(read()).isEqualTo(users(5, 6));
    await().until(() -> repository.findConversationIds().contains(conversation));
    assertThat(other.findConversationIds()).contains(conversation);
    other.deleteByConversationId(conversation);
    other.deleteByConversationId(conversation);
    await().until(() -> !repository.findConversationIds().contains(conversation));
  }

  @Test
  void keepsTheLastTurns() {
    PersistentChatMemoryRepository limited =
        PersistentChatMemoryRepository.builder(persistence)
            .name("limited")
            .keep(Limits.entries(10))
            .build();
    ChatMemory memory = window(limited, 1_000);
    for (int i = 0; i < 60; i++) {
      memory.add(conversation, new UserMessage("m" + i));
    }
    assertThat(limited.findByConversationId(conversation))
        .hasSizeBetween(10, 26)
        .endsWith(users(50, 60).toArray(Message[]::new));
    assertThat(repository.findByConversationId(conversation)).isEmpty(); // of another name
    assertThat(repository.findConversationIds()).doesNotContain(conversation);
  }
}
