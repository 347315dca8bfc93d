package io.mistersmith.persistence.langchain4j;

import static dev.langchain4j.data.message.UserMessage.userMessage;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Two writers of one conversation, and what a reader must find afterwards. */
final class Writers {

  private Writers() {}

  /** Has both write turns at once: a question, a call of a tool, its result, an answer. */
  static void write(ChatMemory first, ChatMemory second, int turns) {
    CompletableFuture<Void> other =
        CompletableFuture.runAsync(() -> write(second, "second", turns));
    write(first, "first", turns);
    other.join();
  }

  private static void write(ChatMemory memory, String writer, int turns) {
    for (int i = 0; i < turns; i++) {
      ToolExecutionRequest call = call(writer + "-" + i);
      memory.add(userMessage(writer + " " + i));
      memory.add(AiMessage.from(call));
      memory.add(ToolExecutionResultMessage.from(call, "result"));
      memory.add(AiMessage.from("done"));
    }
  }

  static ToolExecutionRequest call(String id) {
    return ToolExecutionRequest.builder().id(id).name("look").arguments("{}").build();
  }

  /** Asserts that all turns are there, those of a writer in order, each result after its call. */
  static void assertComplete(List<ChatMessage> messages, int turns) {
    assertThat(messages).hasSize(8 * turns);
    for (String writer : List.of("first", "second")) {
      List<String> asked = new ArrayList<>();
      for (int i = 0; i < messages.size(); i++) {
        if (messages.get(i) instanceof UserMessage user
            && user.singleText().startsWith(writer + " ")) {
          asked.add(user.singleText());
        }
        if (messages.get(i) instanceof ToolExecutionResultMessage result) {
          assertThat(((AiMessage) messages.get(i - 1)).toolExecutionRequests().get(0).id())
              .isEqualTo(result.id());
        }
      }
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < turns; i++) {
        expected.add(writer + " " + i);
      }
      assertThat(asked).isEqualTo(expected);
    }
  }
}
