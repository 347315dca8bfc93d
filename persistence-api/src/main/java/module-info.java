/** The public API of the agent persistence library, and the SPI its stores implement. */
module io.mistersmith.persistence.api {
  requires static org.jspecify;

  exports io.mistersmith.persistence.model;
}
