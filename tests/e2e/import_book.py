#!/usr/bin/python3
"""Workbooks for import.sh, by openpyxl: the template filled in as a person would, and with the mistakes people make.

import_book.py fill TEMPLATE OUT             two projects, an empty row between them
import_book.py wrong TEMPLATE OUT            the same with a fault in five cells
import_book.py lists TEMPLATE MAPPING        nothing when each code's list is the mapping's, and dates and sums are checked
"""
import datetime
import json
import sys

import openpyxl

FIRST = {
    "Код проекта": "VOR-1", "Название": "Выдача разрешений", "Дата открытия": datetime.date(2024, 2, 5), "Сфера": "строительство",
    "Коды органов власти": "minstroy", "Что улучшается": "услуга", "Цифровизация": "да", "Сопровождение": "самостоятельно",
    "Процесс": "Выдача разрешения", "Начало процесса": "Заявление", "Конец процесса": "Разрешение", "Планируемый эффект, руб.": 1250000.5,
    "Дата закрытия": datetime.date(2024, 12, 20), "Итог": "Срок; вдвое",
}
SECOND = {
    "Код проекта": "VOR-2", "Название": "Запись к врачу", "Дата открытия": datetime.date(2024, 3, 1), "Сфера": "здравоохранение",
    "Коды органов власти": "minzdrav", "Что улучшается": "услуга", "Цифровизация": "нет", "Сопровождение": "с партнёром",
    "Процесс": "Запись", "Начало процесса": "Обращение", "Конец процесса": "Талон",
}


def columns(sheet):
    return {cell.value: cell.column for cell in sheet[1]}


def put(sheet, row, values):
    places = columns(sheet)
    for name, value in values.items():
        sheet.cell(row, places[name]).value = value


def fill(template, out):
    book = openpyxl.load_workbook(template)
    put(book.worksheets[0], 2, FIRST)
    put(book.worksheets[0], 4, SECOND)
    book.save(out)


def wrong(template, out):
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    places = columns(sheet)
    put(sheet, 2, {**FIRST, "Дата открытия": "5 февраля"})
    put(sheet, 3, {**SECOND, "Код проекта": "VOR 2"})
    put(sheet, 4, {**SECOND, "Код проекта": "VOR-3", "Название": "#N/A"})
    put(sheet, 5, {**SECOND, "Код проекта": "VOR-4", "Планируемый эффект, руб.": "=6*7"})
    put(sheet, 6, {**SECOND, "Код проекта": "VOR-5", "Планируемый эффект, руб.": 0.05})
    sheet.cell(6, places["Планируемый эффект, руб."]).number_format = "0%"
    book.save(out)


def listed(book, formula):
    sheet, cells = formula.lstrip("=").rsplit("!", 1)
    return [row[0].value for row in book[sheet.strip("'")][cells.replace("$", "")]]


def lists(template, mapping):
    with open(mapping, encoding="utf-8") as file:
        document = json.load(file)
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    rules = {rule.sqref.ranges[0].bounds[0]: rule for rule in sheet.data_validations.dataValidation}
    places = columns(sheet)
    wanted = {"Дата открытия": "date", "Дата закрытия": "date", "Планируемый эффект, руб.": "decimal"}
    for member in document["events"][0]["data"].values():
        if isinstance(member, dict) and "$code" in member:
            name = member["$code"]
            wanted[name] = "list"
            if listed(book, rules[places[name]].formula1) != list(member["values"]):
                print(f"{name}: its list is not the mapping's")
    for name, place in places.items():
        kind = rules[place].type if place in rules else None
        if kind != wanted.get(name):
            print(f"{name}: checked as {kind}, not as {wanted.get(name)}")
        if sheet.cell(1, place).comment is None:
            print(f"{name}: not explained")


if __name__ == "__main__":
    {"fill": fill, "wrong": wrong, "lists": lists}[sys.argv[1]](*sys.argv[2:])
