package io.mistersmith.persistence.spring.boot;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the documents of Spring AI's vector store are kept.
 *
 * @param enabled Whether the documents of Spring AI's vector store are kept by the runtime.
 * @param collection Name of the collection that has the documents.
 */
@ConfigurationProperties("persistence.spring-ai.vector-store")
record VectorStoreProperties(
    @DefaultValue("true") boolean enabled, @DefaultValue("documents") String collection) {}
