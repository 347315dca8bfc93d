package io.mistersmith.persistence.model;

/** The categories of data an agent runtime keeps. */
public enum DataType {
  /** Temporary user and agent sessions. */
  SESSION_DATA(StorageLayer.DISTRIBUTED_KV),
  /** An agent's running state: written to KV, flushed to PostgreSQL. */
  AGENT_STATE(StorageLayer.DISTRIBUTED_KV),
  /** Registered agents with their configuration: written to PostgreSQL, then published in KV. */
  AGENT_CONFIG(StorageLayer.RELATIONAL_DB),
  /** Results of queries, which can be loaded again. */
  QUERY_CACHE(StorageLayer.DISTRIBUTED_KV),
  /** Task metadata. */
  TASK_INFO(StorageLayer.RELATIONAL_DB),
  /** Communication history. */
  MESSAGE_LOG(StorageLayer.RELATIONAL_DB),
  /** Long-term facts: vectors with their metadata in PostgreSQL. */
  KNOWLEDGE_BASE(StorageLayer.VECTOR_STORE);

  private final StorageLayer primaryLayer;

  DataType(StorageLayer primaryLayer) {
    this.primaryLayer = primaryLayer;
  }

  /** Returns the layer that is written first. */
  public StorageLayer primaryLayer() {
    return primaryLayer;
  }

  /** A layer that keeps data, or that answered a read. */
  public enum StorageLayer {
    /** This process's memory. */
    MEMORY_CACHE,
    /** NATS JetStream KV: hot state, short-term. */
    DISTRIBUTED_KV,
    /** PostgreSQL: everything, for good. */
    RELATIONAL_DB,
    /** PostgreSQL with vectors, for search by meaning. */
    VECTOR_STORE
  }
}
