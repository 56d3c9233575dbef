"""Kuaidi100 (快递100): couriers of Chinese companies, ordered through one account."""
