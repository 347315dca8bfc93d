package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.EmbeddingStoreWithFilteringIT;
import dev.langchain4j.store.embedding.EmbeddingStoreWithRemovalIT;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The adapter over the stores in memory. */
@TestInstance(Lifecycle.PER_CLASS)
class LangChain4jTest {

  private static final Model MODEL = new Model("letters", "1");

  @SuppressWarnings("NullAway.Init")
  private Bench bench;

  @BeforeAll
  void open() {
    bench = Bench.inMemory();
  }

  @AfterAll
  void close() {
    bench.close();
  }

  private EmbeddingStore<TextSegment> emptyStore() {
    return KnowledgeEmbeddingStore.of(bench.persistence(), "c-" + UUID.randomUUID(), MODEL);
  }

  @Nested
  class ChatMemoryStores extends ChatMemoryStoreContract {
    @Override
    Bench bench() {
      return bench;
    }

    @Override
    int turns() {
      return 50;
    }

    @Override
    int many() {
      return 10_000;
    }
  }

  @Nested
  class Memories extends ChatMemoriesContract {
    @Override
    Bench bench() {
      return bench;
    }

    @Override
    int turns() {
      return 50;
    }
  }

  @Nested
  class AgenticScopeStores extends AgenticScopeStoreContract {
    @Override
    Bench bench() {
      return bench;
    }
  }

  @Nested
  class FilteringEmbeddingStores extends EmbeddingStoreWithFilteringIT {
    private final EmbeddingStore<TextSegment> store = emptyStore();

    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return store;
    }

    @Override
    protected boolean supportsContains() {
      return true;
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new LetterModel();
    }
  }

  @Nested
  class RemovingEmbeddingStores extends EmbeddingStoreWithRemovalIT {
    private final EmbeddingStore<TextSegment> store = emptyStore();

    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return store;
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new LetterModel();
    }
  }
}
