package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.springai.PersistentChatMemoryRepository;
import io.mistersmith.persistence.springai.PersistentSessionRepository;
import io.mistersmith.persistence.springai.PersistentVectorStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class SpringAiAutoConfigurationTest {

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  ChatMemoryAutoConfiguration.class,
                  PersistenceAutoConfiguration.class,
                  SpringAiChatMemoryAutoConfiguration.class,
                  SpringAiSessionAutoConfiguration.class,
                  SpringAiVectorStoreAutoConfiguration.class))
          .withBean(InMemoryStores.class, InMemoryStores::new);

  @Test
  void keepsTheChatMemoryOfSpringAi() {
    runner.run(
        context -> {
          context.getBean(ChatMemory.class).add("trip", new UserMessage("to Rome"));
          assertThat(context).hasSingleBean(ChatMemoryRepository.class);
          assertThat(
                  PersistentChatMemoryRepository.of(context.getBean(Persistence.class))
                      .findByConversationId("trip"))
              .extracting(Message::getText)
              .containsExactly("to Rome");
        });
  }

  @Test
  void chatMemoryHasTheNameOfTheProperties() {
    runner
        .withPropertyValues("persistence.spring-ai.chat-memory.name=trips")
        .run(
            context -> {
              context.getBean(ChatMemory.class).add("trip", new UserMessage("to Rome"));
              Persistence persistence = context.getBean(Persistence.class);
              assertThat(PersistentChatMemoryRepository.of(persistence).findConversationIds())
                  .isEmpty();
              assertThat(
                      PersistentChatMemoryRepository.builder(persistence)
                          .name("trips")
                          .build()
                          .findConversationIds())
                  .containsExactly("trip");
            });
  }

  @Test
  void chatMemoryHasTheLimitsOfTheProperties() {
    runner.run(
        context ->
            assertThat(context.getBean(ChatMemoryProperties.class).limits())
                .isEqualTo(Limits.NONE));
    runner
        .withPropertyValues(
            "persistence.spring-ai.chat-memory.keep-saves=3",
            "persistence.spring-ai.chat-memory.keep-age=2d",
            "persistence.spring-ai.chat-memory.keep-size=1MB")
        .run(
            context ->
                assertThat(context.getBean(ChatMemoryProperties.class).limits())
                    .isEqualTo(
                        new Limits(
                            OptionalLong.of(3),
                            Optional.of(Duration.ofDays(2)),
                            OptionalLong.of(1 << 20))));
  }

  @Test
  void keepsTheRepositoryOfTheApplication() {
    runner
        .withBean(InMemoryChatMemoryRepository.class, InMemoryChatMemoryRepository::new)
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(ChatMemoryRepository.class)
                    .doesNotHaveBean(PersistentChatMemoryRepository.class));
  }

  @Test
  void keepsSessions() {
    runner.run(
        context -> {
          SessionRepository sessions = context.getBean(SessionRepository.class);
          Session unused = sessions.save(Session.builder().id("one").userId("Ada").build());
          assertThat(
                  PersistentSessionRepository.of(context.getBean(Persistence.class))
                      .findById("one"))
              .isNotNull();
        });
  }

  @Test
  void keepsDocumentsWhereThereIsAnEmbeddingModel() {
    runner.run(context -> assertThat(context).doesNotHaveBean(VectorStore.class));
    runner
        .withBean(EmbeddingModel.class, LengthModel::new)
        .withPropertyValues("persistence.spring-ai.vector-store.collection=manuals")
        .run(
            context -> {
              context.getBean(VectorStore.class).add(List.of(new Document("ferry")));
              Persistence persistence = context.getBean(Persistence.class);
              assertThat(
                      PersistentVectorStore.builder(persistence, new LengthModel())
                          .collection("manuals")
                          .build()
                          .similaritySearch("ferry"))
                  .extracting(Document::getText)
                  .containsExactly("ferry");
            });
  }

  @Test
  void leavesOutWhatPropertiesTurnOff() {
    runner
        .withBean(EmbeddingModel.class, LengthModel::new)
        .withPropertyValues(
            "persistence.spring-ai.chat-memory.enabled=false",
            "persistence.spring-ai.session.enabled=false",
            "persistence.spring-ai.vector-store.enabled=false")
        .run(
            context -> {
              assertThat(context.getBean(ChatMemoryRepository.class))
                  .isInstanceOf(InMemoryChatMemoryRepository.class);
              assertThat(context)
                  .doesNotHaveBean(SessionRepository.class)
                  .doesNotHaveBean(VectorStore.class);
            });
    runner
        .withBean(EmbeddingModel.class, LengthModel::new)
        .withPropertyValues("spring.ai.vectorstore.type=pgvector")
        .run(context -> assertThat(context).doesNotHaveBean(VectorStore.class));
  }

  @Test
  void leavesSpringAiAsItIsWithoutARuntime() {
    runner
        .withBean(EmbeddingModel.class, LengthModel::new)
        .withPropertyValues("persistence.enabled=false")
        .run(
            context -> {
              assertThat(context.getBean(ChatMemoryRepository.class))
                  .isInstanceOf(InMemoryChatMemoryRepository.class);
              assertThat(context)
                  .hasNotFailed()
                  .doesNotHaveBean(SessionRepository.class)
                  .doesNotHaveBean(VectorStore.class);
            });
  }

  @Test
  void startsWithoutTheAdapter() {
    runner
        .withClassLoader(new FilteredClassLoader("io.mistersmith.persistence.springai"))
        .withBean(EmbeddingModel.class, LengthModel::new)
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasSingleBean(Persistence.class);
              assertThat(context.getBean(ChatMemoryRepository.class))
                  .isInstanceOf(InMemoryChatMemoryRepository.class);
              assertThat(context)
                  .doesNotHaveBean(SessionRepository.class)
                  .doesNotHaveBean(VectorStore.class);
            });
  }

  @Test
  void startsWithoutSpringAi() {
    runner
        .withClassLoader(new FilteredClassLoader("org.springframework.ai"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(Persistence.class)
                    .doesNotHaveBean("persistenceChatMemoryRepository")
                    .doesNotHaveBean("persistenceSessionRepository")
                    .doesNotHaveBean("persistenceVectorStore"));
  }

  @Test
  void startsWithoutSessionsAndVectorStores() {
    runner
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.ai.session", "org.springframework.ai.vectorstore"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(PersistentChatMemoryRepository.class)
                    .doesNotHaveBean("persistenceSessionRepository")
                    .doesNotHaveBean("persistenceVectorStore"));
  }

  /** In place of a model: the length of a text. */
  private static final class LengthModel implements EmbeddingModel {

    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
      return new EmbeddingResponse(
          request.getInstructions().stream()
              .map(text -> new Embedding(new float[] {text.length(), 1}, 0))
              .toList());
    }

    @Override
    public float[] embed(Document document) {
      return new float[] {String.valueOf(document.getText()).length(), 1};
    }
  }
}
