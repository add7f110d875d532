"""`python -m supply_chain licences` in the serving environment, `python -m supply_chain audit` in that of the tools."""

import sys

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["licences"]:
            from supply_chain.licences import write

            write()
        case ["audit", *files]:
            from supply_chain.audit import audit

            sys.exit(audit(files) if files else audit())
        case _:
            sys.exit("usage: python -m supply_chain {licences | audit [LOCK ...]}")
