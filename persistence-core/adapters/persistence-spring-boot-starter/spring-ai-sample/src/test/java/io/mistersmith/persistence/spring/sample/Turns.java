package io.mistersmith.persistence.spring.sample;

import java.util.List;
import java.util.Objects;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.CommandLineRunner;
import org.springframework.stereotype.Component;

/** Goes on with the conversation wherever it was, up to a number of turns. */
@Component
class Turns implements CommandLineRunner {

  private final ChatClient client;
  private final ChatModel model;
  private final ChatMemory memory;
  private final ToolCallingManager tools;
  private final ToolCallingChatOptions options;
  private final String conversation;
  private final int turns;

  Turns(
      ChatClient.Builder client,
      ChatModel model,
      ChatMemory memory,
      ToolCallingManager tools,
      BookingTool tool,
      @Value("${sample.conversation}") String conversation,
      @Value("${sample.turns}") int turns) {
    // After the advisor that calls tools, so that calls and results are kept as soon as there are
    // any.
    MessageChatMemoryAdvisor advisor =
        MessageChatMemoryAdvisor.builder(memory)
            .order(ToolCallingAdvisor.DEFAULT_ORDER + 1)
            .build();
    this.client = client.defaultAdvisors(advisor).defaultTools(tool).build();
    this.model = model;
    this.memory = memory;
    this.tools = tools;
    this.options = ToolCallingChatOptions.builder().toolCallbacks(ToolCallbacks.from(tool)).build();
    this.conversation = conversation;
    this.turns = turns;
  }

  @Override
  public void run(String... args) {
    finishTurn();
    long done = memory.get(conversation).stream().filter(UserMessage.class::isInstance).count();
    System.out.println("continues at turn " + (done + 1));
    for (long turn = done + 1; turn <= turns; turn++) {
      String unused =
          client
              .prompt()
              .user(ScriptedModel.QUESTION + turn)
              .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, conversation))
              .call()
              .content();
    }
  }

  /** Finishes the turn that the process was killed in: calls its tools again, and the model. */
  private void finishTurn() {
    List<Message> messages = memory.get(conversation);
    while (!messages.isEmpty() && !isAnswer(messages.get(messages.size() - 1))) {
      Prompt prompt = new Prompt(messages, options);
      if (messages.get(messages.size() - 1) instanceof AssistantMessage call) {
        ChatResponse calls = new ChatResponse(List.of(new Generation(call)));
        List<Message> history = tools.executeToolCalls(prompt, calls).conversationHistory();
        memory.add(conversation, history.get(history.size() - 1));
      } else {
        memory.add(
            conversation, Objects.requireNonNull(model.call(prompt).getResult()).getOutput());
      }
      messages = memory.get(conversation);
    }
  }

  private static boolean isAnswer(Message message) {
    return message instanceof AssistantMessage ai && !ai.hasToolCalls();
  }
}
