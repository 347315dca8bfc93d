/** An application: it needs the API alone, which finds the engine. */
module io.mistersmith.example {
  requires io.mistersmith.persistence.api;

  opens io.mistersmith.example to
      com.fasterxml.jackson.databind;
}
