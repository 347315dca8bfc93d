package io.mistersmith.persistence.spring.boot;

import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.springai.PersistentVectorStore;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * Keeps the documents of Spring AI's vector store in the runtime, if there is an embedding model
 * and no other store. Runs last: models and other stores have auto-configurations of many names.
 */
@AutoConfiguration(after = PersistenceAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnClass({VectorStore.class, EmbeddingModel.class, PersistentVectorStore.class})
@ConditionalOnBean(Persistence.class)
@ConditionalOnProperty(
    name = "spring.ai.vectorstore.type",
    havingValue = "persistence",
    matchIfMissing = true)
@EnableConfigurationProperties(VectorStoreProperties.class)
class SpringAiVectorStoreAutoConfiguration {

  @Bean
  @ConditionalOnSingleCandidate(EmbeddingModel.class)
  @ConditionalOnMissingBean(VectorStore.class)
  @ConditionalOnProperty(
      prefix = "persistence.spring-ai.vector-store",
      name = "enabled",
      matchIfMissing = true)
  PersistentVectorStore persistenceVectorStore(
      Persistence persistence,
      EmbeddingModel model,
      VectorStoreProperties properties,
      ObjectProvider<ObservationRegistry> observations,
      ObjectProvider<BatchingStrategy> batching) {
    PersistentVectorStore.Builder store =
        PersistentVectorStore.builder(persistence, model).collection(properties.collection());
    observations.ifUnique(store::observationRegistry);
    batching.ifUnique(store::batchingStrategy);
    return store.build();
  }
}
