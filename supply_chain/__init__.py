"""What this project is built on: locks, licences, known vulnerabilities. `make lock`, `make sbom`, `make audit`."""
