package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.EmbeddingStoreWithFilteringIT;
import dev.langchain4j.store.embedding.EmbeddingStoreWithRemovalIT;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.testkit.SharedStores;
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
  private SharedStores stores;

  @BeforeAll
  void open() {
    stores = SharedStores.inMemory();
  }

  @AfterAll
  void close() {
    stores.close();
  }

  private EmbeddingStore<TextSegment> emptyStore() {
    return KnowledgeEmbeddingStore.of(stores.runtime(), "c-" + UUID.randomUUID(), MODEL);
  }

  @Nested
  class ChatMemoryStores extends ChatMemoryStoreContract {
    @Override
    SharedStores stores() {
      return stores;
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
    SharedStores stores() {
      return stores;
    }

    @Override
    int turns() {
      return 50;
    }
  }

  @Nested
  class AgenticScopeStores extends AgenticScopeStoreContract {
    @Override
    SharedStores stores() {
      return stores;
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
