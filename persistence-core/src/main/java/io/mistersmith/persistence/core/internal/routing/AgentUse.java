package io.mistersmith.persistence.core.internal.routing;

/**
 * Is told which agents' entries are used. Called on the way of every read and write, also on the
 * connection's own threads: it must be quick and must not block.
 */
public interface AgentUse {

  /** For owners whose lifecycle nobody follows. */
  AgentUse NONE =
      new AgentUse() {
        @Override
        public void wrote(String agent) {}

        @Override
        public void read(String agent) {}

        @Override
        public boolean hydrating(String agent) {
          return false;
        }

        @Override
        public void hydrated(String agent, boolean done) {}
      };

  /** A write or a delete of one of its entries was acknowledged. */
  void wrote(String agent);

  /** A read found one of its entries in KV. */
  void read(String agent);

  /**
   * A read found one of its entries in PostgreSQL alone and brings it to KV.
   *
   * @return whether {@link #hydrated} must be called when that is over
   */
  boolean hydrating(String agent);

  /** The end of what {@link #hydrating} began. */
  void hydrated(String agent, boolean done);
}
